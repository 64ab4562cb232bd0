import { describe, expect, it } from 'vitest';
import type { TeamRole } from '../contract/teams.ts';
import { findTeamIssues, type Named } from './team-plan.ts';

const roles = [
  { role: 'commander', min: 1, max: 1 },
  { role: 'expert', min: 1, max: 2 },
  { role: 'customer-liaison', min: 1, max: 1 },
] as const;

/** `Ana:commander`; a person of the name `?` has no account. */
function named(...words: readonly string[]): readonly Named[] {
  return words.map((word, index) => {
    const [name = '', role = ''] = word.split(':');
    return { role: role as TeamRole, path: `p${index}`, person: name === '?' ? undefined : { id: name, name } };
  });
}

describe('a team', () => {
  it.each([
    [['Ana:commander', 'Bo:expert', 'Cy:customer-liaison'], []],
    [['Ana:commander', 'Bo:expert', 'Di:expert', 'Cy:customer-liaison'], []],
    [['Ana:commander', 'Bo:expert'], ['Nobody is customer liaison.']],
    [['Ana:commander', 'Bo:commander', 'Cy:customer-liaison', 'Di:expert'], ['2 are commander, and this lab has room for 1.']],
    [['Ana:commander', 'Ana:expert', 'Cy:customer-liaison'], ['Ana is named twice, as commander and as expert. Everybody has one role.']],
    [['Ana:commander', 'Bo:expert', 'Cy:customer-liaison', 'Di:scribe'], ['This lab has no scribe.']],
    [
      ['Ana:commander', '?:expert', 'Cy:customer-liaison'],
      ['Nobody with this address has an account here. Ask an administrator to invite them.'],
    ],
  ])('of %j', (words, messages) => {
    expect(findTeamIssues(roles, named(...words)).map(({ message }) => message)).toEqual(messages);
  });
});
