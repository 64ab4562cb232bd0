import { expect, it } from 'vitest';
import { planPlacement, type Candidate } from './placement.ts';

const cluster = (name: string, inUse: number, more: Partial<Candidate> = {}): Candidate => ({
  name,
  weight: 1,
  capacity: 10,
  inUse,
  ...more,
});

it.each([
  ['the emptiest', [cluster('a', 2), cluster('b', 1)], 'b'],
  ['the first among equals', [cluster('a', 1), cluster('b', 1)], 'a'],
  ['the one with more weight while both have room', [cluster('a', 2), cluster('b', 3, { weight: 2 })], 'b'],
  ['the lighter one once the heavy one is full', [cluster('a', 2), cluster('b', 10, { weight: 9 })], 'a'],
  ['one that works', [cluster('a', 0, { trouble: 'a is away.' }), cluster('b', 9)], 'b'],
] as const)('chooses %s', (_, candidates, name) => {
  expect(planPlacement(candidates)).toEqual({ kind: 'placed', name });
});

it('fills clusters by their weight', () => {
  const inUse: Record<string, number> = { light: 0, heavy: 0 };
  for (let sandboxes = 0; sandboxes < 9; sandboxes += 1) {
    const placed = planPlacement([
      cluster('light', inUse['light'] ?? 0, { capacity: 100 }),
      cluster('heavy', inUse['heavy'] ?? 0, { capacity: 100, weight: 2 }),
    ]);
    if (placed.kind === 'placed') inUse[placed.name] = (inUse[placed.name] ?? 0) + 1;
  }
  expect(inUse).toEqual({ light: 3, heavy: 6 });
});

it('tells full from away', () => {
  expect(planPlacement([cluster('a', 10), cluster('b', 0, { trouble: 'b is away.' })])).toEqual({
    kind: 'full',
    reason: 'All clusters are full: a 10 of 10.',
  });
  expect(planPlacement([cluster('a', 0, { trouble: 'a is away.' }), cluster('b', 0, { trouble: 'b is too old.' })])).toEqual({
    kind: 'unavailable',
    reason: 'a is away. b is too old.',
  });
});
