/** How the page comes back after the link is lost: soon at first, then slower, never more than ten seconds apart, each a little random. */
export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 10_000;
/** So that a class of thirty does not come back in the same millisecond. */
const JITTER = 0.25;

/**
 * @param failures how many tries in a row have failed, 0 right after the link was lost
 * @param random from 0 up to 1
 * @returns the wait before the next try, in milliseconds
 */
export function planRetryMs(failures: number, random: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  return Math.round(Math.min(LONGEST_RETRY_MS, base * (1 - JITTER + 2 * JITTER * random)));
}
