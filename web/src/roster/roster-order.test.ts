import { describe, expect, it } from 'vitest';
import type { RosterEntry } from '../../../server/contract/attempts.ts';
import { NEEDS_HELP_FROM, orderRoster, summariseRoster } from './roster-order.ts';

const entry = (name: string, score: number, state: RosterEntry['attempt']['state'] = 'ready'): RosterEntry =>
  ({ attempt: { id: name, person: { id: name, name }, state }, needsHelp: { score, reason: null } }) as RosterEntry;

describe('orderRoster', () => {
  it('has those who need help first and equals by name', () => {
    expect(orderRoster([entry('Zoe', 0), entry('Bo', 30), entry('Al', 0), entry('Cy', 90)]).map(({ attempt }) => attempt.id)).toEqual([
      'Cy',
      'Bo',
      'Al',
      'Zoe',
    ]);
  });
});

describe('summariseRoster', () => {
  it('counts incidents and those marked', () => {
    expect(summariseRoster([entry('a', NEEDS_HELP_FROM, 'incident'), entry('b', NEEDS_HELP_FROM - 1), entry('c', 80)])).toEqual({
      running: 3,
      incidents: 1,
      needHelp: 2,
    });
  });
});
