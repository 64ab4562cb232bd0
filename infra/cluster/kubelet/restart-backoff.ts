/** Kubernetes' delays for crashing containers and failing pulls: 10 s, doubled each time up to 300 s. */
const INITIAL_MS = 10_000;
const MAX_MS = 300_000;
/** Health for longer than this starts the delays anew. */
const RESET_MS = 2 * MAX_MS;

/** Immutable; undefined stands for "has never failed". Times in milliseconds of the cluster's clock. */
export interface BackoffEntry {
  readonly delayMs: number;
  readonly updatedAtMs: number;
}

/** When the next attempt may be made after a failure at `failedAtMs`: undefined means at once. */
export function backoffEndsAt(entry: BackoffEntry | undefined, failedAtMs: number, nowMs: number): number | undefined {
  if (entry === undefined || failedAtMs - entry.updatedAtMs > RESET_MS) return undefined;
  const endsAtMs = failedAtMs + entry.delayMs;
  return nowMs < endsAtMs ? endsAtMs : undefined;
}

/** The entry to keep once the attempt that follows a failure at `failedAtMs` is made. */
export function nextBackoff(entry: BackoffEntry | undefined, failedAtMs: number, nowMs: number): BackoffEntry {
  if (entry === undefined || failedAtMs - entry.updatedAtMs > RESET_MS) return { delayMs: INITIAL_MS, updatedAtMs: nowMs };
  return { delayMs: Math.min(entry.delayMs * 2, MAX_MS), updatedAtMs: nowMs };
}
