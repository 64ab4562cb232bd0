import { expect, it } from 'vitest';
import { pollDelayMs } from './poll-delay.ts';

it.each([
  [0, 50],
  [400, 50],
  [2_000, 200],
  [10_000, 1_000],
  [90_000, 1_000],
])('after %d ms of waiting the next look is in %d ms', (waitedMs, delayMs) => {
  expect(pollDelayMs(waitedMs, 50)).toBe(delayMs);
});
