import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownLabsDir } from '../catalogue.ts';

const skeletonDir = path.join(ownLabsDir, 'new', 'skeleton');
const schemaFile = path.join(ownLabsDir, 'lab.schema.json');

/** The name cannot be used, in words for its author. */
export class NewLabError extends Error {}

/** Writes a lab that passes `check` and `prove` as it is. Answers its files, relative to `dir`. Never writes over anything. */
export async function createLab(slug: string, dir: string): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(slug))
    throw new NewLabError(`A lab's name is of small letters, digits and dashes, such as canary-release; ${slug} is not.`);
  const folder = path.join(dir, slug);
  await mkdir(dir, { recursive: true });
  await mkdir(folder).catch((error: unknown) => {
    throw new NewLabError(
      `${folder} cannot be made: ${(error as { readonly code?: string }).code ?? String(error)}. Choose another name or --dir.`,
    );
  });
  const entries = await readdir(skeletonDir, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(skeletonDir, path.join(entry.parentPath, entry.name)))
    .sort();
  for (const file of files) {
    const text = await readFile(path.join(skeletonDir, file), 'utf8');
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), fillIn(text, slug, folder));
  }
  return files.map((file) => path.join(slug, file));
}

function fillIn(text: string, slug: string, folder: string): string {
  const words = slug.replaceAll('-', ' ');
  return text
    .replaceAll('__TITLE__', words.charAt(0).toUpperCase() + words.slice(1))
    .replaceAll('__SCHEMA__', path.relative(folder, schemaFile));
}
