import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { AttemptRight, TeamMember } from '../../../server/contract/teams.ts';
import { useMe } from '../session/me.ts';

/** Nothing for those who only watch from outside. */
export function memberIn(attempt: Pick<AttemptView, 'members'>, personId: string): TeamMember | undefined {
  return attempt.members.find(({ person }) => person.id === personId);
}

export function isTeam(attempt: Pick<AttemptView, 'members'>): boolean {
  return attempt.members.some(({ role }) => role !== 'solo');
}

/** What the person who is signed in may do in the attempt; the server decides again with each request. */
export function useRights(attempt: Pick<AttemptView, 'members'>): ReadonlySet<AttemptRight> {
  return new Set(memberIn(attempt, useMe().id)?.rights ?? []);
}
