import { expect, it } from 'vitest';
import { formatScenario, scenarioNowMs } from './scenario-time.ts';

const asOf = '2026-11-21T09:00:00.000Z';
const atMs = Date.parse(asOf);

it.each([
  [true, atMs + 5_000, 65_000],
  [true, atMs - 5_000, 60_000],
  [false, atMs + 5_000, 60_000],
])('runs on from what the server said, running %s', (running, nowMs, expected) => {
  expect(scenarioNowMs({ scenarioMs: 60_000, running, asOf }, nowMs)).toBe(expected);
});

it('is written in minutes and seconds, however long', () => {
  expect([-1, 0, 5_999, 65_000, 3_690_000].map(formatScenario)).toEqual(['0:00', '0:00', '0:05', '1:05', '61:30']);
});
