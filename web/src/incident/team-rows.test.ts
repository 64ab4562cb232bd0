import { describe, expect, it } from 'vitest';
import { memberOf, rowsFor } from './team-rows.ts';

const roles = [
  { role: 'commander', min: 1, max: 1 },
  { role: 'expert', min: 1, max: 3 },
  { role: 'customer-liaison', min: 1, max: 1 },
  { role: 'scribe', min: 0, max: 1 },
] as const;

describe('the rows of a team', () => {
  it('ask for every role that must be given but one’s own, and keep what was written', () => {
    const first = rowsFor(roles, 'commander', []);
    expect(first.map(({ role }) => role)).toEqual(['expert', 'customer-liaison']);
    const written = [{ role: 'expert', who: 'Bo' }, first[1]!] as const;
    expect(rowsFor(roles, 'customer-liaison', written)).toEqual([
      { role: 'commander', who: '' },
      { role: 'expert', who: 'Bo' },
    ]);
  });

  it('name a mate by the name where only one has it, else an address', () => {
    const mates = [
      { id: '1', name: 'Bo Berg' },
      { id: '2', name: 'Cy' },
      { id: '3', name: 'Cy' },
    ];
    expect(memberOf({ role: 'expert', who: ' bo berg ' }, mates)).toEqual({ role: 'expert', personId: '1' });
    expect(memberOf({ role: 'expert', who: 'cy' }, mates)).toEqual({ role: 'expert', email: 'cy' });
    expect(memberOf({ role: 'scribe', who: 'di@example.com' }, mates)).toEqual({ role: 'scribe', email: 'di@example.com' });
  });
});
