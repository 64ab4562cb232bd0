import { planScorecard } from '../../grader/scorecard.ts';
import type { CheckResult, Scorecard } from '../../grader/verdict.ts';
import { toInstant } from '../clock.ts';
import type { Attempt } from './attempt.ts';

/**
 * Whoever let Drillhouse solve the incident has not restored anything: whatever the grader saw, the incident's own checks count as failed.
 * What was earned in the build steps stays.
 */
export function forfeitSolvedIncident(attempt: Attempt, scorecard: Scorecard, nowMs: number): Scorecard {
  const solved = attempt.steps.some((step) => step.phase === 'incident' && step.state === 'skipped');
  if (!solved || scorecard.outcome === 'inconclusive') return scorecard;
  const earned = new Set(attempt.steps.filter((step) => step.phase === 'build').flatMap((step) => step.credit.map((result) => result.id)));
  const checks = scorecard.checks.map((check) => (earned.has(check.id) ? check : forfeit(check, nowMs)));
  const { restoredAt: _restoredAt, ...planned } = planScorecard(checks, {
    passMark: scorecard.passMark,
    labHash: scorecard.labHash,
    gradedAtMs: Date.parse(scorecard.gradedAt),
  });
  return { ...planned, outcome: 'failed', headline: 'The incident was solved for you, so it does not count as restored.' };
}

function forfeit({ recoveredAt: _recoveredAt, ...check }: CheckResult, nowMs: number): CheckResult {
  const note = {
    at: toInstant(nowMs),
    kind: 'note' as const,
    summary: 'The incident step was skipped: its solution was run by Drillhouse.',
  };
  const evidence = [...check.verdict.evidence, note];
  return { ...check, verdict: { kind: 'fail', reason: 'The incident was solved for you, which forfeits its credit.', evidence } };
}
