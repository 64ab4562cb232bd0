import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;
/** A pod can fill a folder with files faster than they are counted; what lies beyond so many is left out of the sum. */
const MAX_ENTRIES = 50_000;

/** The room that a folder takes on the disk, as `du` counts it but for files of several names. No link is followed; what goes meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const opened = await opendir(next).catch(whenGone);
    if (opened === undefined) continue;
    for await (const entry of opened) {
      entries += 1;
      if (entries > MAX_ENTRIES) return bytes;
      const path = join(next, entry.name);
      bytes += ((await lstat(path).catch(whenGone))?.blocks ?? 0) * BLOCK_BYTES;
      if (entry.isDirectory()) waiting.push(path);
    }
  }
  return bytes;
}

function whenGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'EACCES') throw error;
}
