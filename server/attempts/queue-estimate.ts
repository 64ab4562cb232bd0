import { remainingAt, type ClockState } from './attempt-clock.ts';

const MINUTE_MS = 60_000;
/** Coarse on purpose: people end early or ask for more time, and each other number is told to everybody who waits. */
const GRAIN_MINUTES = 5;

/**
 * What is told to somebody who waits: how many are ahead, and by when the clocks of those who work will have run out for enough of them. `clocks`: of attempts that
 * hold a sandbox; null while one is being made, which tells nothing. Pure.
 */
export function describePlace(ahead: number, clocks: readonly (ClockState | null)[], nowMs: number): string {
  const place = `Waiting for a free sandbox, ${ahead} ahead of you`;
  const endings = clocks.flatMap((clock) => (clock === null ? [] : [remainingAt(clock, nowMs)])).sort((a, b) => a - b);
  const remainingMs = endings[ahead];
  if (remainingMs === undefined) return place;
  const minutes = Math.max(1, Math.ceil(remainingMs / MINUTE_MS / GRAIN_MINUTES)) * GRAIN_MINUTES;
  return `${place}; at the latest in about ${minutes} minutes unless somebody is given more time`;
}
