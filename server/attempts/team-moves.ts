import { AppError, notFound } from '../app-error.ts';
import type { LabTeamRole, TeamRole } from '../contract/teams.ts';
import { hasEnded, type Attempt, type JournalEntry, type Move } from './attempt.ts';
import { moved, requireState } from './move.ts';
import { isTeam, memberOf, type Member } from './team.ts';
import { wordsFor } from './team-plan.ts';

/** Somebody of the team opened the attempt for the first time. Undefined: nothing to note. */
export function joined(attempt: Attempt, personId: string, nowMs: number): Move | undefined {
  const member = memberOf(attempt, personId);
  if (member === undefined || member.joinedAtMs !== null || hasEnded(attempt)) return undefined;
  const members = attempt.members.map((other) => (other === member ? { ...other, joinedAtMs: nowMs } : other));
  return moved(attempt, { members }, { kind: 'joined', text: `Joined as ${wordsFor(member.role)}.`, actorId: personId });
}

/** Two of the team swap roles, so that none is ever without a person. The outcome still counts for both. */
export function handOver(attempt: Attempt, from: string, to: string, actorId: string): Move {
  requireState(attempt, !hasEnded(attempt));
  const giver = memberOf(attempt, from);
  const taker = memberOf(attempt, to);
  if (!isTeam(attempt) || giver === undefined || taker === undefined) throw notFound('member of this team');
  if (giver.role === taker.role) {
    throw new AppError('Conflict', `Both are ${wordsFor(giver.role)} already.`, { remedy: 'Choose somebody with another role.' });
  }
  const members = attempt.members.map((member) =>
    member === giver ? { ...member, role: taker.role } : member === taker ? { ...member, role: giver.role } : member,
  );
  const text = `Handed over: ${wordsFor(giver.role)} and ${wordsFor(taker.role)} changed places.`;
  return moved(attempt, { members }, { kind: 'handed-over', text, actorId });
}

/**
 * Somebody declines, or leaves before the incident; whoever never came may do so at any time. The role is open then, until somebody else is asked. The commander is in
 * everybody's way by leaving, and hands over first.
 */
export function leaveTeam(attempt: Attempt, personId: string): Move {
  requireState(attempt, !hasEnded(attempt));
  const member = memberOf(attempt, personId);
  if (member === undefined || !isTeam(attempt)) throw notFound('team of yours');
  if (member.role === 'commander')
    throw new AppError('Conflict', 'You are the commander.', { remedy: 'Swap roles with somebody first, or end the attempt for all.' });
  if (attempt.incidentStartedAtMs !== null && member.joinedAtMs !== null)
    throw new AppError('Conflict', 'The incident has begun.', { remedy: 'Swap roles with somebody, and tell the team that you go.' });
  const members = attempt.members.filter((other) => other !== member);
  const text = member.joinedAtMs === null ? `Declined to be ${wordsFor(member.role)}.` : `Left; was ${wordsFor(member.role)}.`;
  return moved(attempt, { members }, { kind: 'left-team', text, actorId: personId });
}

/** Somebody takes a role that is open. `roles` are those of the lab. */
export function joinTeam(attempt: Attempt, personId: string, role: TeamRole, roles: readonly LabTeamRole[]): Move {
  requireState(attempt, !hasEnded(attempt));
  if (!isTeam(attempt)) throw notFound('team in this attempt');
  const known = memberOf(attempt, personId);
  if (known !== undefined)
    throw new AppError('Conflict', `This person is in the team, as ${wordsFor(known.role)}.`, { remedy: 'Choose somebody else.' });
  const max = roles.find((candidate) => candidate.role === role)?.max ?? 0;
  if (attempt.members.filter((member) => member.role === role).length >= max)
    throw new AppError('Conflict', max === 0 ? `This lab has no ${wordsFor(role)}.` : `Nobody more can be ${wordsFor(role)}.`, {
      remedy: 'Choose a role that is open.',
    });
  const members = [...attempt.members, { personId, role, joinedAtMs: null }];
  return moved(attempt, { members }, { kind: 'role-given', text: `Was asked to be ${wordsFor(role)}.`, actorId: personId });
}

/**
 * The team becomes these people in these roles, as the drill that it plays in says: who is new has not come yet, who is not named has no part any more.
 * Undefined: it is so already, or nobody would be left.
 */
export function assignTeam(attempt: Attempt, wanted: readonly Pick<Member, 'personId' | 'role'>[]): Move | undefined {
  if (hasEnded(attempt) || wanted.length === 0) return undefined;
  const told = (personId: string, kind: string, text: string): JournalEntry => ({ kind, text, actorId: personId });
  const given = wanted.flatMap(({ personId, role }) =>
    roleOf(attempt, personId) === role ? [] : [told(personId, 'role-given', `Is ${wordsFor(role)} from now on.`)],
  );
  const gone = attempt.members.flatMap(({ personId, role }) =>
    wanted.some((member) => member.personId === personId)
      ? []
      : [told(personId, 'part-taken-away', `Was ${wordsFor(role)}, and has no part any more.`)],
  );
  if (given.length + gone.length === 0) return undefined;
  const members = wanted.map(({ personId, role }) => ({ personId, role, joinedAtMs: memberOf(attempt, personId)?.joinedAtMs ?? null }));
  return moved(attempt, { members }, ...given, ...gone);
}

function roleOf(attempt: Attempt, personId: string): TeamRole | undefined {
  return memberOf(attempt, personId)?.role;
}
