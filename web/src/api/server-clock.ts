/**
 * The reader's clock may be wrong by minutes, and the time left of an attempt must not be. The difference to the server's clock is noted
 * from every session answer; half a round trip of error is nothing to a trainee.
 */
let offsetMs = 0;

/** @param serverTime RFC 3339, as of now. */
export function noteServerTime(serverTime: string, nowMs: number = Date.now()): void {
  const serverMs = Date.parse(serverTime);
  if (!Number.isNaN(serverMs)) offsetMs = serverMs - nowMs;
}

/** When a moment that the server named comes, by the reader's own clock. */
export function readerTimeOf(instant: string): number {
  return Date.parse(instant) - offsetMs;
}

/** Milliseconds since the epoch by the server's clock. */
export function serverNowMs(nowMs: number = Date.now()): number {
  return nowMs + offsetMs;
}
