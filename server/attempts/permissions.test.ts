import { describe, expect, it } from 'vitest';
import type { Role } from '../contract/roles.ts';
import { attemptRightSchema, teamRoleSchema, type AttemptRight, type TeamRole } from '../contract/teams.ts';
import { mayDo, requireRight, requireSteer, requireView } from './permissions.ts';
import { countsFor, type Member } from './team.ts';

const as = (role: TeamRole, joinedAtMs: number | null = 0): { members: readonly Member[] } => ({
  members: [{ personId: 'me', role, joinedAtMs }],
});
const me = (role: Role = 'trainee'): { id: string; role: Role } => ({ id: 'me', role });

/** Who may do what, written down once more, role by role. */
const table: Readonly<Record<TeamRole, string>> = {
  solo: 'type work decide write status-users status-internal hand-over',
  commander: 'work decide write hand-over',
  deputy: 'work decide write hand-over',
  scribe: 'write',
  expert: 'type work write',
  'customer-liaison': 'write status-users status-internal',
  'internal-liaison': 'write status-internal',
  facilitator: 'decide hand-over',
  controller: 'decide',
  evaluator: '',
  observer: '',
};

function outcome(work: () => void): string {
  try {
    work();
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the one rule of who may do what', () => {
  const cases = teamRoleSchema.options.flatMap((role) =>
    attemptRightSchema.options.map((right): [TeamRole, AttemptRight, boolean] => [role, right, table[role].split(' ').includes(right)]),
  );
  it.each(cases)('%s, %s: %s', (role, right, allowed) => {
    expect(mayDo(me(), as(role), right)).toBe(allowed);
    expect(outcome(() => requireRight(me(), as(role), right))).toBe(allowed ? 'allowed' : 'ReadOnly');
    expect(outcome(() => requireView(me(), as(role)))).toBe('allowed');
  });

  it('hides attempts of others from trainees, shows them to staff, and lets instructors steer but not type', () => {
    const others = { members: [{ personId: 'you', role: 'solo', joinedAtMs: 0 }] } as const;
    const outcomes = (role: Role): string[] => [
      outcome(() => requireView(me(role), others)),
      outcome(() => requireSteer(me(role), others, 'decide')),
      outcome(() => requireRight(me(role), others, 'type')),
    ];
    expect(outcomes('trainee')).toEqual(['NotFound', 'NotFound', 'NotFound']);
    expect(outcomes('manager')).toEqual(['allowed', 'ReadOnly', 'ReadOnly']);
    expect(outcomes('instructor')).toEqual(['allowed', 'allowed', 'ReadOnly']);
    expect(outcomes('admin')).toEqual(['allowed', 'allowed', 'ReadOnly']);
  });

  it('counts an outcome for those who played and came, and for nobody else', () => {
    expect(countsFor(as('expert'), 'me')).toBe(true);
    expect(countsFor(as('expert', null), 'me')).toBe(false);
    expect(countsFor(as('evaluator'), 'me')).toBe(false);
    expect(countsFor(as('expert'), 'you')).toBe(false);
  });
});
