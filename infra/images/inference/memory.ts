/** Allocated at once; small enough that a limit is met in the middle of loading, as with real weights. */
const CHUNK_BYTES = 8 * 1_048_576;

/** Memory that a model really holds. Kept reachable for as long as the process serves. */
const held: Buffer[] = [];

/**
 * Allocates and writes `bytes` of memory in steps spread over `overMs`, so that a memory limit that is too low kills the process while
 * it loads. Zeroes alone would stay unmapped: every page is written.
 */
export async function allocate(bytes: number, overMs: number, sleep: (ms: number) => Promise<void>): Promise<void> {
  const chunks = Math.ceil(bytes / CHUNK_BYTES);
  for (let index = 0; index < chunks; index += 1) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES));
    chunk.fill(index + 1);
    held.push(chunk);
    await sleep(overMs / chunks);
  }
}

export function heldBytes(): number {
  return held.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}
