import { notFound } from '../app-error.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { mayDo, mayView } from '../attempts/permissions.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { isPlayer } from '../attempts/team.ts';
import type { Mentors } from '../program/mentors.ts';
import type { PersonRow } from '../store/schema.ts';
import { mayReview } from './artefact-view.ts';

export interface AccessParts {
  readonly supervisor: Pick<Supervisor, 'read'>;
  readonly mentors: Pick<Mentors, 'isMentorOf'>;
}

/** What one person may do with what is written in one attempt. */
export interface ArtefactAccess {
  readonly attempt: Attempt;
  readonly isMentor: boolean;
  readonly mayReview: boolean;
  readonly mayAnswer: boolean;
}

/** Whoever may see the attempt reads its artefacts, and so does the mentor of who plays in it; for others it does not exist. */
export async function requireReader({ supervisor, mentors }: AccessParts, actor: PersonRow, attemptId: string): Promise<ArtefactAccess> {
  const attempt = await supervisor.read(attemptId);
  const players = attempt.members.filter(({ role }) => isPlayer(role)).map(({ personId }) => personId);
  const isMentor = await mentors.isMentorOf(actor.id, players);
  if (!mayView(actor, attempt) && !isMentor) throw notFound('attempt');
  const reviews = mayReview(attempt, actor, isMentor);
  return { attempt, isMentor, mayReview: reviews, mayAnswer: reviews || mayDo(actor, attempt, 'write') };
}
