import type { Scorecard } from '../../grader/verdict.ts';
import { requireDeclaration } from './ai-moves.ts';
import { hasEnded, isWorking, type Attempt, type Move } from './attempt.ts';
import { resumeClock } from './attempt-clock.ts';
import { moved, requireIdle, requireState, stopped, whyStopped } from './move.ts';

/** The person asks for the verdict. Only with a fault live is there something to judge. */
export function askForVerdict(attempt: Attempt, actorId: string, nowMs: number): Move {
  requireIdle(attempt);
  requireState(attempt, attempt.state === 'incident', 'There is nothing to judge before the incident has started.');
  requireDeclaration(attempt);
  return moved(attempt, grading(attempt, 'asked', nowMs), { kind: 'grading', text: 'Asked for the verdict.', actorId });
}

/** Time is up: with the fault live the work is judged as it stands, else there is nothing to judge. */
export function timeRanOut(attempt: Attempt, nowMs: number): Move {
  requireState(attempt, isWorking(attempt));
  if (attempt.state === 'incident')
    return moved(attempt, grading(attempt, 'time', nowMs), {
      kind: 'grading',
      text: 'Time is up: the work is judged as it stands.',
      actorId: null,
    });
  return moved(attempt, ended(attempt, 'expired', nowMs), { kind: 'expired', text: 'Time ran out before the incident.', actorId: null });
}

/** A verdict. One that stays inconclusive gives the time back, or ends the attempt as broken when there is none left to give. */
export function graded(attempt: Attempt, scorecard: Scorecard, nowMs: number): Move {
  requireState(attempt, attempt.state === 'grading');
  if (scorecard.outcome === 'inconclusive') return undecided(attempt, scorecard.headline, nowMs);
  return moved(
    attempt,
    { ...ended(attempt, scorecard.outcome, nowMs), score: scorecard.score },
    { kind: scorecard.outcome, text: scorecard.headline, actorId: null },
  );
}

/** The grader could not decide, which never counts against the person. */
export function undecided(attempt: Attempt, reason: string, nowMs: number): Move {
  requireState(attempt, attempt.state === 'grading');
  if (attempt.grading?.because === 'time') return broke(attempt, `The grader could not decide: ${reason}`, nowMs);
  const trouble = `The grader could not decide: ${reason} Nothing was counted against you and the clock stood still. Ask for the verdict again.`;
  const clock = attempt.clock === null ? null : resumeClock(attempt.clock, nowMs);
  return moved(attempt, { state: 'incident', grading: null, trouble, clock }, { kind: 'inconclusive', text: reason, actorId: null });
}

export function abandon(attempt: Attempt, actorId: string | null, nowMs: number): Move {
  requireState(attempt, !hasEnded(attempt));
  return moved(attempt, ended(attempt, 'abandoned', nowMs), {
    kind: 'abandoned',
    text: 'The attempt was ended before a verdict.',
    actorId,
  });
}

/** The platform could not start or keep it. Does not count against the person. */
export function broke(attempt: Attempt, reason: string, nowMs: number): Move {
  requireState(attempt, !hasEnded(attempt));
  return moved(attempt, { ...ended(attempt, 'broken', nowMs), trouble: reason }, { kind: 'broken', text: reason, actorId: null });
}

export function released(attempt: Attempt): Move {
  return moved(attempt, { released: true });
}

function grading(attempt: Attempt, because: 'asked' | 'time', nowMs: number): Partial<Attempt> {
  return {
    state: 'grading',
    grading: { because, requestedAtMs: nowMs },
    trouble: null,
    operation: null,
    clock: stopped(attempt, nowMs, whyStopped.grading),
  };
}

function ended(attempt: Attempt, state: Attempt['state'], nowMs: number): Partial<Attempt> {
  return {
    state,
    endedAtMs: nowMs,
    operation: null,
    grading: null,
    trouble: null,
    clock: stopped(attempt, nowMs, 'The attempt has ended.'),
  };
}
