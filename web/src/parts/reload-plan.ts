/** How often in a row a page has loaded itself anew because a piece of it was missing, and when it last did so. */
export interface Reloads {
  readonly count: number;
  readonly atMs: number;
}

/** What broke the first load may still be going on a moment later, so each reload waits longer than the one before. */
export const RELOAD_AFTER_MS = [0, 500, 1_000, 2_000, 4_000, 8_000] as const;
/** After so long without a reload, the next failure is a new one. */
export const FORGET_AFTER_MS = 60_000;

/**
 * @param past null where the page never reloaded itself
 * @returns when to load the page anew; undefined where that has been tried often enough, and a person has to look
 */
export function planReload(past: Reloads | null, nowMs: number): { readonly afterMs: number; readonly next: Reloads } | undefined {
  const count = past === null || nowMs - past.atMs >= FORGET_AFTER_MS ? 0 : past.count;
  const afterMs = RELOAD_AFTER_MS[count];
  return afterMs === undefined ? undefined : { afterMs, next: { count: count + 1, atMs: nowMs + afterMs } };
}
