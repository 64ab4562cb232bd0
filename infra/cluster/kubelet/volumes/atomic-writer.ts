import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Payload } from './payload.ts';

const DATA_LINK = '..data';

/**
 * Writes a volume so that readers see either all of the old files or all of the new: the files go to a folder of their own,
 * `..data` is a link to the present folder that is replaced by renaming, and each visible name is a link through `..data`.
 * This is the layout of the real kubelet, which programs that watch `..data` rely on.
 */
export class AtomicWriter {
  readonly #target: string;
  readonly #owner: number | undefined;
  readonly #group: number | undefined;
  #written: string | undefined;

  /** The files belong to `owner` (else to us), and besides to `group` (fsGroup). */
  constructor(target: string, { owner, group }: { readonly owner?: number | undefined; readonly group?: number | undefined } = {}) {
    this.#target = target;
    this.#owner = owner;
    this.#group = group;
  }

  /** Makes the volume hold exactly the payload; without effect when that is what was written last. Says whether it wrote. */
  async write(payload: Payload): Promise<boolean> {
    const digest = digestOf(payload);
    if (digest === this.#written) return false;
    await mkdir(this.#target, { recursive: true, mode: 0o755 });
    const folder = `..${new Date().toISOString().replace(/[-:T]/g, '_').slice(0, 19)}.${randomBytes(5).toString('hex')}`;
    await this.#writeFiles(join(this.#target, folder), payload);
    const link = join(this.#target, `${DATA_LINK}_tmp`);
    await rm(link, { force: true });
    await symlink(folder, link);
    await rename(link, join(this.#target, DATA_LINK));
    await this.#linkNames(payload);
    await this.#removeOldFolders(folder);
    this.#written = digest;
    return true;
  }

  async #writeFiles(folder: string, payload: Payload): Promise<void> {
    await mkdir(folder, { mode: 0o755 });
    await chmod(folder, 0o755);
    for (const [path, { data, mode }] of payload) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeFile(file, data);
      // The group must be able to read what it owns, as the kubelet sees to after fsGroup.
      if (this.#owner !== undefined || this.#group !== undefined)
        await chown(file, this.#owner ?? -1, this.#group ?? this.#owner ?? -1).catch(ignoreMissingRight);
      await chmod(file, this.#group === undefined ? mode : mode | 0o440);
    }
  }

  async #linkNames(payload: Payload): Promise<void> {
    const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
    const held = (await readdir(this.#target)).filter((name) => !name.startsWith('..'));
    for (const name of held) if (!wanted.has(name)) await rm(join(this.#target, name), { recursive: true, force: true });
    for (const name of wanted) if (!held.includes(name)) await symlink(join(DATA_LINK, name), join(this.#target, name));
  }

  /** Also those that a kill in the middle of an earlier write left behind. */
  async #removeOldFolders(present: string): Promise<void> {
    for (const name of await readdir(this.#target)) {
      if (name.startsWith('..') && name !== DATA_LINK && name !== present)
        await rm(join(this.#target, name), { recursive: true, force: true });
    }
  }
}

/** Without root nothing can be given to another group; the files are then readable as their mode says. */
function ignoreMissingRight(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM') throw error;
}

function digestOf(payload: Payload): string {
  const hash = createHash('sha256');
  for (const path of [...payload.keys()].sort()) {
    const file = payload.get(path);
    hash.update(`${path}\0${file?.mode ?? 0}\0${file?.data.length ?? 0}\0`);
    if (file !== undefined) hash.update(file.data);
  }
  return hash.digest('hex');
}
