import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseLab } from './catalogue.ts';
import { hashFiles } from './lab-files.ts';
import type { Lab } from './lab.ts';

const archivedSchema = z.strictObject({ slug: z.string(), files: z.record(z.string(), z.string()) });

/**
 * Labs as they were when somebody began one, by their hash: an attempt goes on with the version that it began with, however the folder changes and whether
 * or not the server was restarted meanwhile. One file a version; nothing is ever written over.
 */
export class LabArchive {
  readonly #dir: string;
  readonly #kept = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async keep({ summary: { slug, hash }, files }: Lab): Promise<void> {
    if (this.#kept.has(hash)) return;
    await mkdir(this.#dir, { recursive: true });
    // A crash in the middle must not leave half a lab under a name that promises a whole one.
    const unfinished = path.join(this.#dir, `${hash}.${process.pid}.tmp`);
    await writeFile(unfinished, JSON.stringify({ slug, files: Object.fromEntries(files) }));
    await rename(unfinished, this.#fileOf(hash));
    this.#kept.add(hash);
  }

  /** Undefined when it was never kept, is not what its name says, or is of a form that this version does not read any more. */
  async find(hash: string): Promise<Lab | undefined> {
    const text = await readFile(this.#fileOf(hash), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const archived = archivedSchema.safeParse(parseJson(text));
    if (!archived.success) return undefined;
    const files = new Map(Object.entries(archived.data.files));
    return hashFiles(files) === hash ? parseLab(archived.data.slug, files).lab : undefined;
  }

  /** Removes versions that are not among `needed` and have not been begun for so long. Answers how many. */
  async prune(
    needed: ReadonlySet<string>,
    { nowMs, olderThanMs }: { readonly nowMs: number; readonly olderThanMs: number },
  ): Promise<number> {
    const names = await readdir(this.#dir).catch(() => []);
    let removed = 0;
    for (const name of names) {
      const hash = name.replace(/\..*$/, '');
      const file = path.join(this.#dir, name);
      if (needed.has(hash) && name.endsWith('.json')) continue;
      const seen = await stat(file).catch(() => undefined);
      if (seen === undefined || nowMs - seen.mtimeMs < olderThanMs) continue;
      await rm(file, { force: true });
      this.#kept.delete(hash);
      removed += 1;
    }
    return removed;
  }

  #fileOf(hash: string): string {
    return path.join(this.#dir, `${hash.replace(/[^0-9a-f]/g, '')}.json`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
