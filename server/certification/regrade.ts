import { planScorecard } from '../../grader/scorecard.ts';
import type { CheckResult, Scorecard } from '../../grader/verdict.ts';
import { AppError } from '../app-error.ts';
import type { CheckCorrection } from '../contract/certification.ts';

export type Corrections = Readonly<Record<string, CheckCorrection>>;

/**
 * The verdict judged again from what was kept: the same checks with their evidence, some of them corrected by a person, and the grader's own
 * rules for weights, critical checks and the pass mark. Throws InvalidRequest for a check that was never made, Conflict when the sum still
 * decides nothing. Pure.
 */
export function planRegrade(kept: Scorecard, corrections: Corrections, by: { readonly reason: string; readonly nowMs: number }): Scorecard {
  const known = new Set(kept.checks.map(({ id }) => id));
  const unknown = Object.keys(corrections).filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new AppError('InvalidRequest', 'There is no such check in this verdict.', {
      issues: unknown.map((id) => ({ path: `corrections.${id}`, message: 'The verdict has no such check.' })),
    });
  const checks = kept.checks.flatMap((check) => correct(check, corrections[check.id], by.reason));
  const regraded = planScorecard(checks, { passMark: kept.passMark, labHash: kept.labHash, gradedAtMs: by.nowMs });
  if (regraded.outcome === 'inconclusive')
    throw new AppError('Conflict', 'Judged again it is still not decided: a check that could turn it was never made.', {
      remedy: 'Say of each inconclusive check what it shall count as.',
    });
  return regraded;
}

/** What was seen stays with it, whatever it counts as now. */
function correct(check: CheckResult, correction: CheckCorrection | undefined, reason: string): readonly CheckResult[] {
  const { evidence } = check.verdict;
  switch (correction) {
    case undefined:
      return [check];
    case 'leave out':
      return [];
    case 'pass':
      return [{ ...check, verdict: { kind: 'pass', evidence } }];
    case 'fail':
      return [{ ...check, verdict: { kind: 'fail', evidence, reason } }];
  }
}
