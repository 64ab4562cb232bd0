import { expect, it } from 'vitest';
import { isBusy, watchMachine } from './machine-load.ts';

it.each([
  ['many programs on processors without a pause', 7, 100, 1_000, true],
  ['the same after the rush has gone', 7, 400, 1_000, false],
  ['few programs that use the processors up', 2, 0, 1_000, false],
  ['many programs in no time at all', 7, 0, 0, true],
])('%s', (_, load, idle, all, busy) => {
  expect(isBusy({ load, processors: 2, before: { idle: 5_000, all: 9_000 }, after: { idle: 5_000 + idle, all: 9_000 + all } })).toBe(busy);
});

it('looks at this machine', () => {
  expect(typeof watchMachine()()).toBe('boolean');
});
