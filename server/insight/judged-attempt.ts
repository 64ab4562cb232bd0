import type { Attempt } from '../attempts/attempt.ts';
import type { Pause } from '../attempts/attempt-clock.ts';
import { countsFor } from '../attempts/team.ts';
import { hintsUsed } from '../attempts/results.ts';
import type { CheckOutcome, GradedCheck, Grading, VerdictGrading } from './grading.ts';

/** An attempt that has ended and that the grader judged, with what was said of it since. Plain data: everything below is made of these. */
export interface JudgedAttempt {
  readonly attemptId: string;
  /** Whom it counts for. */
  readonly personIds: readonly string[];
  readonly lab: VerdictGrading['lab'];
  readonly mode: 'guided' | 'incident';
  readonly fault: string;
  readonly endedAtMs: number;
  /** From the beginning to the end, without what stood in the way. */
  readonly tookMs: number;
  readonly incidentStartedAtMs: number | null;
  readonly hints: number;
  /** In order; the last one is the machine's verdict. Never empty. */
  readonly verdicts: readonly VerdictGrading[];
  /** What the last verdict's checks count as now. */
  readonly checks: readonly JudgedCheck[];
  /** As it holds now, with overrides and regrades. */
  readonly outcome: 'passed' | 'failed' | 'inconclusive';
  readonly machineOutcome: 'passed' | 'failed' | 'inconclusive';
  readonly score: number;
}

export interface JudgedCheck extends GradedCheck {
  /** What a person corrected it to; null: nothing was corrected. */
  readonly corrected: 'pass' | 'fail' | 'leave out' | null;
}

/** Undefined for an attempt without a verdict. `override`: what holds over the machine's verdict. */
export function judgedAttempt(
  attempt: Attempt,
  gradings: readonly Grading[],
  override: 'passed' | 'failed' | undefined,
): JudgedAttempt | undefined {
  const verdicts = gradings.filter((grading) => grading.kind === 'verdict');
  const last = verdicts.at(-1);
  if (last === undefined || attempt.endedAtMs === null) return undefined;
  const corrections = Object.assign({}, ...gradings.map((one) => (one.kind === 'regrade' ? one.corrections : {}))) as Readonly<
    Record<string, JudgedCheck['corrected']>
  >;
  return {
    attemptId: attempt.id,
    personIds: attempt.members.filter(({ personId }) => countsFor(attempt, personId)).map(({ personId }) => personId),
    lab: last.lab,
    mode: attempt.mode,
    fault: last.fault,
    endedAtMs: attempt.endedAtMs,
    tookMs: Math.max(0, attempt.endedAtMs - attempt.createdAtMs - pausedMs(attempt.pauses, attempt.endedAtMs)),
    incidentStartedAtMs: attempt.incidentStartedAtMs,
    hints: hintsUsed(attempt),
    verdicts,
    checks: last.checks.map((check) => ({ ...check, corrected: corrections[check.id] ?? null })),
    outcome: override ?? last.outcome,
    machineOutcome: last.outcome,
    score: last.score,
  };
}

/** What a check counts as after corrections; undefined where it was left out. */
export function outcomeNow({ outcome, corrected }: JudgedCheck): CheckOutcome | undefined {
  return corrected === 'leave out' ? undefined : (corrected ?? outcome);
}

/**
 * Whether a person said afterwards that this check was wrong: by correcting it, or by overriding a verdict that it alone had decided, so that
 * nothing else can have been meant.
 */
export function wasWrong(attempt: JudgedAttempt, check: JudgedCheck): boolean {
  if (check.corrected !== null) return check.corrected !== check.outcome;
  if (attempt.checks.some(({ corrected }) => corrected !== null)) return false;
  const overturned = attempt.machineOutcome === 'failed' && attempt.outcome === 'passed';
  const failed = attempt.checks.filter(({ outcome }) => outcome === 'fail');
  return overturned && check.outcome === 'fail' && failed.length === 1;
}

function pausedMs(pauses: readonly Pause[], endMs: number): number {
  return pauses.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs ?? endMs, endMs) - fromMs), 0);
}
