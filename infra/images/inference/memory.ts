import type { DeviceProfile } from './devices.ts';

const PAGE_BYTES = 4_096;
/** Allocated at once; small enough that a limit is met in the middle of loading, as with real weights. */
const CHUNK_BYTES = 8 * 1_048_576;

/** What stays in the container's memory of a model that a GPU holds: the buffers it was loaded through. */
const STAGING_SHARE = 0.25;

/** How much of a model's memory is the container's own. */
export function hostBytes(bytes: number, device: DeviceProfile): number {
  return device.memoryBytes === undefined ? bytes : Math.floor(bytes * STAGING_SHARE);
}

/** Memory that a model really holds. Kept reachable for as long as the process serves. */
const held: Buffer[] = [];

/**
 * Allocates and writes `bytes` of memory in steps spread over `overMs`, so that a memory limit that is too low kills the process while
 * it loads. Memory that is only allocated stays unmapped: every page is written to.
 */
export async function allocate(bytes: number, overMs: number, sleep: (ms: number) => Promise<void>): Promise<void> {
  const chunks = Math.ceil(bytes / CHUNK_BYTES);
  for (let index = 0; index < chunks; index += 1) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES));
    for (let offset = 0; offset < chunk.byteLength; offset += PAGE_BYTES) chunk[offset] = 1;
    held.push(chunk);
    await sleep(overMs / chunks);
  }
}

export function heldBytes(): number {
  return held.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}
