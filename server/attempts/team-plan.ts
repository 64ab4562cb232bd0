import type { LabTeamRole, TeamRole } from '../contract/teams.ts';

/** Somebody who was named for a role; undefined person: there is no such account. */
export interface Named {
  readonly role: TeamRole;
  readonly person: { readonly id: string; readonly name: string } | undefined;
  /** Where in the request it stands. */
  readonly path: string;
}

interface TeamIssue {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with a team for a lab with these roles: nobody known, a person twice, roles missing or given too often. Pure. */
export function findTeamIssues(roles: readonly LabTeamRole[], named: readonly Named[]): readonly TeamIssue[] {
  return [...named.flatMap((entry, index) => personIssues(entry, named.slice(0, index))), ...roleIssues(roles, named)];
}

function personIssues({ person, path, role }: Named, earlier: readonly Named[]): readonly TeamIssue[] {
  if (person === undefined)
    return [{ path, message: 'Nobody with this address has an account here. Ask an administrator to invite them.' }];
  const first = earlier.find((other) => other.person?.id === person.id);
  if (first === undefined) return [];
  return [{ path, message: `${person.name} is named twice, as ${wordsFor(first.role)} and as ${wordsFor(role)}. Everybody has one role.` }];
}

function roleIssues(roles: readonly LabTeamRole[], named: readonly Named[]): readonly TeamIssue[] {
  const foreign = named.filter(({ role }) => !roles.some((known) => known.role === role));
  const counted = roles.flatMap(({ role, min, max }) => {
    const count = named.filter((entry) => entry.role === role).length;
    const path = 'team.members';
    if (count < min) return [{ path, message: min === 1 ? `Nobody is ${wordsFor(role)}.` : `${count} of ${min} are ${wordsFor(role)}.` }];
    if (count > max) return [{ path, message: `${count} are ${wordsFor(role)}, and this lab has room for ${max}.` }];
    return [];
  });
  return [...foreign.map(({ path, role }) => ({ path, message: `This lab has no ${wordsFor(role)}.` })), ...counted];
}

/** `customer-liaison` as people say it. */
export function wordsFor(role: TeamRole): string {
  return role.replace('-', ' ');
}
