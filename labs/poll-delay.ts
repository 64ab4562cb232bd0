const MOST_MS = 1_000;

/** How long to wait before the next look, in milliseconds: a tenth of what was waited so far, so that what takes long is looked at rarely, and at least `leastMs`. Pure. */
export function pollDelayMs(waitedMs: number, leastMs: number): number {
  return Math.max(leastMs, Math.min(waitedMs / 10, MOST_MS));
}
