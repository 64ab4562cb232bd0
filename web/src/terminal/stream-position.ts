/**
 * The arithmetic of a terminal's byte stream. Bytes are numbered from 0; a position is the number of the next byte, so that a message
 * of `length` bytes at `seq` takes the position from `seq` to `seq + length`.
 */
export type Arrival =
  /** Write what remains after leaving out the first `skip` bytes, which were shown already. */
  | { readonly kind: 'write'; readonly skip: number; readonly next: number }
  /** All of it was shown already. */
  | { readonly kind: 'duplicate' }
  /** Bytes in between are missing: ask for them again from `from`. */
  | { readonly kind: 'gap'; readonly from: number };

/** @param next the number of the byte that is expected */
export function planArrival(next: number, seq: number, length: number): Arrival {
  if (seq > next) return { kind: 'gap', from: next };
  const skip = next - seq;
  if (skip >= length) return { kind: 'duplicate' };
  return { kind: 'write', skip, next: seq + length };
}

/** The server stops its source at five times this unacknowledged and goes on below two; `server/contract/events.ts` says 100 KB or so. */
export const ACK_EVERY_BYTES = 100_000;

/**
 * @param acked the position last acknowledged
 * @param parsed the position up to which the screen has worked everything off
 * @returns the position to acknowledge now, or null while it is not worth a message
 */
export function planAck(acked: number, parsed: number): number | null {
  return parsed - acked >= ACK_EVERY_BYTES ? parsed : null;
}
