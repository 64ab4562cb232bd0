import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Labs as texts, by the hash of their files: what is under a hash never changes. */
export interface LabVersions {
  /** What is there already is only begun once more. */
  keep(hash: string, document: string): Promise<void>;
  find(hash: string): Promise<string | undefined>;
  /** Removes versions that are not among `needed` and have not been begun for so long. Answers how many. */
  prune(needed: ReadonlySet<string>, age: { readonly nowMs: number; readonly olderThanMs: number }): Promise<number>;
}

/** One file a version, for a server that is alone; nothing is ever written over. */
export class FolderVersions implements LabVersions {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async keep(hash: string, document: string): Promise<void> {
    const now = new Date();
    const isThere = await utimes(this.#fileOf(hash), now, now).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await mkdir(this.#dir, { recursive: true });
    // A crash in the middle must not leave half a lab under a name that promises a whole one.
    const unfinished = path.join(this.#dir, `${hash}.${process.pid}.tmp`);
    await writeFile(unfinished, document);
    await rename(unfinished, this.#fileOf(hash));
  }

  async find(hash: string): Promise<string | undefined> {
    return readFile(this.#fileOf(hash), 'utf8').catch(() => undefined);
  }

  async prune(
    needed: ReadonlySet<string>,
    { nowMs, olderThanMs }: { readonly nowMs: number; readonly olderThanMs: number },
  ): Promise<number> {
    const names = await readdir(this.#dir).catch(() => []);
    let removed = 0;
    for (const name of names) {
      const file = path.join(this.#dir, name);
      if (needed.has(name.replace(/\..*$/, '')) && name.endsWith('.json')) continue;
      const seen = await stat(file).catch(() => undefined);
      if (seen === undefined || nowMs - seen.mtimeMs < olderThanMs) continue;
      await rm(file, { force: true });
      removed += 1;
    }
    return removed;
  }

  #fileOf(hash: string): string {
    return path.join(this.#dir, `${hash.replace(/[^0-9a-f]/g, '')}.json`);
  }
}
