import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';

let known: Promise<Readonly<Record<string, string>>> | undefined;

/**
 * sha256 of each of the grader's source files, by its name below grader/ without the ending: evidence names them, so that it can be said later
 * which version of which check judged. Empty where the sources are not installed. Read once a process.
 */
export function readGraderVersions(): Promise<Readonly<Record<string, string>>> {
  known ??= hashSources(path.join(projectRoot, 'grader'));
  return known;
}

async function hashSources(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('testing')).sort();
  const hashes = await Promise.all(
    sources.map(
      async (name) =>
        [
          name.replace(/\.ts$/, ''),
          createHash('sha256')
            .update(await readFile(path.join(folder, name)))
            .digest('hex'),
        ] as const,
    ),
  );
  return Object.fromEntries(hashes);
}
