import type { AttemptRight, TeamRole } from '../contract/teams.ts';

/** One person of an attempt. */
export interface Member {
  readonly personId: string;
  readonly role: TeamRole;
  /** When the person first opened the attempt; null: never yet. */
  readonly joinedAtMs: number | null;
}

interface Team {
  readonly members: readonly Member[];
}

const EXERCISE_ROLES: ReadonlySet<TeamRole> = new Set(['facilitator', 'controller', 'evaluator', 'observer']);

/** What each role may do; everybody in the team may look at everything. */
const RIGHTS: Readonly<Record<TeamRole, readonly AttemptRight[]>> = {
  solo: ['type', 'work', 'decide', 'write', 'status-users', 'status-internal', 'hand-over'],
  commander: ['work', 'decide', 'write', 'hand-over'],
  deputy: ['work', 'decide', 'write', 'hand-over'],
  scribe: ['write'],
  expert: ['type', 'work', 'write'],
  'customer-liaison': ['write', 'status-users', 'status-internal'],
  'internal-liaison': ['write', 'status-internal'],
  facilitator: ['decide', 'hand-over'],
  controller: ['decide'],
  evaluator: [],
  observer: [],
};

export function rightsOf(role: TeamRole): readonly AttemptRight[] {
  return RIGHTS[role];
}

/** Plays, and does not run or watch the exercise. */
export function isPlayer(role: TeamRole): boolean {
  return !EXERCISE_ROLES.has(role);
}

export function memberOf({ members }: Team, personId: string): Member | undefined {
  return members.find((member) => member.personId === personId);
}

/** The outcome counts for those who play and were there at least once. */
export function countsFor(team: Team, personId: string): boolean {
  const member = memberOf(team, personId);
  return member !== undefined && isPlayer(member.role) && member.joinedAtMs !== null;
}

export function isTeam({ members }: Team): boolean {
  return members.some(({ role }) => role !== 'solo');
}

export function soloMembers(personId: string, nowMs: number): readonly Member[] {
  return [{ personId, role: 'solo', joinedAtMs: nowMs }];
}
