import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A lab's folder is read whole; more than this is not a lab. */
const MAX_FILES = 200;
const MAX_FILE_BYTES = 256 * 1024;

export class LabFilesError extends Error {}

/** All files of a folder by their path in it, sorted, as text. Hidden files and links are left out. */
export async function readLabFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  if (names.length > MAX_FILES) throw new LabFilesError(`The folder holds ${names.length} files; at most ${MAX_FILES} are a lab.`);
  const texts = await Promise.all(names.map(async (name) => [name, await readText(path.join(folder, name))] as const));
  return new Map(texts);
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.byteLength > MAX_FILE_BYTES) throw new LabFilesError(`${path.basename(file)} is larger than ${MAX_FILE_BYTES / 1024} KiB.`);
  return bytes.toString('utf8');
}

/** sha256 over names and contents, in hex: evidence names it. */
export function hashFiles(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [name, text] of files) hash.update(`${name}\u0000${Buffer.byteLength(text)}\u0000`).update(text);
  return hash.digest('hex');
}
