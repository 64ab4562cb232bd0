import { AppError } from '../app-error.ts';
import { hasEnded, type Attempt, type JournalEntry, type Move } from './attempt.ts';
import { notePauses, stopClock } from './attempt-clock.ts';

/** Why the clock stands while something is done to the sandbox. */
export const whyStopped = {
  incident: 'The incident is being prepared.',
  reset: 'The sandbox is being reset.',
  skip: 'The step is being solved for you.',
  grading: 'The work is being graded.',
  between: 'No fault is live. The clock goes on when the incident starts.',
} as const;

/** The next revision of the attempt with `change` applied, and its journal entries counted. */
export function moved(attempt: Attempt, change: Partial<Attempt>, ...journal: readonly JournalEntry[]): Move {
  const next = { ...attempt, ...change, revision: attempt.revision + 1, journalSeq: attempt.journalSeq + journal.length };
  return { attempt: { ...next, pauses: notePauses(attempt.pauses, attempt.clock, next.clock) }, journal };
}

export function requireState(attempt: Attempt, allowed: boolean, why?: string): void {
  if (allowed) return;
  if (hasEnded(attempt)) {
    throw new AppError('AttemptNotRunning', 'This attempt has ended.', { remedy: 'Start a new attempt from the catalogue.' });
  }
  throw new AppError('AttemptNotRunning', why ?? `This cannot be done while the attempt is ${attempt.state}.`, {
    remedy: 'Wait a moment and try again.',
  });
}

export function requireIdle(attempt: Attempt): void {
  if (attempt.operation === null) return;
  throw new AppError('Conflict', `Something else is under way: ${whyStopped[attempt.operation.kind]}`, {
    remedy: 'Wait until it is done.',
  });
}

/** The attempt's clock, stopped; none while there is none. */
export function stopped(attempt: Attempt, nowMs: number, because: string): Attempt['clock'] {
  return attempt.clock === null ? null : stopClock(attempt.clock, nowMs, because);
}
