import { expect, it } from 'vitest';
import { startClock, stopClock } from './attempt-clock.ts';
import { describePlace } from './queue-estimate.ts';

const MINUTE_MS = 60_000;
const clocks = [startClock(40, 0), startClock(12, 0), startClock(23, 0), null];
const estimate = (minutes: number): string => `; at the latest in about ${minutes} minutes unless somebody is given more time`;

it.each([
  ['the first to end', 0, 0, estimate(15)],
  ['the second for whoever has one ahead', 1, 0, estimate(25)],
  ['time that has passed', 0, 8 * MINUTE_MS, estimate(5)],
  ['a clock that has run out', 0, 30 * MINUTE_MS, estimate(5)],
  ['more who wait than clocks that run', 3, 0, ''],
])('goes by %s', (_, ahead, nowMs, words) => {
  expect(describePlace(ahead, clocks, nowMs)).toBe(`Waiting for a free sandbox, ${ahead} ahead of you${words}`);
});

it('counts on what a stopped clock still has', () => {
  const stopped = stopClock(startClock(12, 0), 2 * MINUTE_MS, 'the platform is away');
  expect(describePlace(0, [stopped], 60 * MINUTE_MS)).toContain('about 10 minutes');
});

it('tells the place alone while nobody’s clock runs yet', () => {
  expect(describePlace(0, [null], 0)).toBe('Waiting for a free sandbox, 0 ahead of you');
});
