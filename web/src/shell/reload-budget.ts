/** Two failures within this time are not bad luck any more: the error is shown, with a button, instead of a page that reloads for ever. */
export const RELOAD_EVERY_MS = 10_000;

/** @param reloadedAtMs when the page last reloaded itself; null for never */
export function mayReload(reloadedAtMs: number | null, nowMs: number): boolean {
  return reloadedAtMs === null || !(nowMs - reloadedAtMs < RELOAD_EVERY_MS);
}
