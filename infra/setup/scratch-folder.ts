import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY_FOLDER = '/dev/shm';
const LEAST_FREE_BYTES = 4_000_000_000;

/**
 * The folder for what is thrown away after a run: in memory where there is room. Sandboxes make and remove thousands of folders, and to remove one costs a disk's file system a
 * hundred times what it costs memory's. Whoever sets TMPDIR has chosen already.
 */
export function scratchFolder(): string {
  if (process.env['TMPDIR'] !== undefined) return tmpdir();
  return hasRoom(readMounts()) ? MEMORY_FOLDER : tmpdir();
}

/** Programs are started from there, so the mount must allow it. Pure but for the room. */
function hasRoom(mounts: string): boolean {
  const options = findMemoryMount(mounts);
  if (options === undefined || options.includes('noexec') || options.includes('ro')) return false;
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  return bavail * bsize >= LEAST_FREE_BYTES;
}

/** The options of the mount by /proc/mounts; undefined where the folder is no memory. Pure. */
export function findMemoryMount(mounts: string): readonly string[] | undefined {
  for (const line of mounts.split('\n')) {
    const [, folder, type, options = ''] = line.split(' ');
    if (folder === MEMORY_FOLDER) return type === 'tmpfs' ? options.split(',') : undefined;
  }
  return undefined;
}

function readMounts(): string {
  try {
    return readFileSync('/proc/mounts', 'utf8');
  } catch {
    return '';
  }
}
