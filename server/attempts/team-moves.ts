import { AppError, notFound } from '../app-error.ts';
import { hasEnded, type Attempt, type Move } from './attempt.ts';
import { moved, requireState } from './move.ts';
import { isTeam, memberOf } from './team.ts';
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
