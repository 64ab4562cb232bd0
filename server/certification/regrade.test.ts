import { describe, expect, it } from 'vitest';
import { planScorecard } from '../../grader/scorecard.ts';
import { checkResult } from '../testing/attempts.ts';
import { planRegrade } from './regrade.ts';

const by = { reason: 'The recording shows it.', nowMs: 2000 };
const kept = planScorecard(
  [
    { ...checkResult('answers', 'pass'), critical: true, weight: 60 },
    { ...checkResult('auth', 'fail'), weight: 40 },
    { ...checkResult('alert', 'inconclusive'), weight: 20 },
  ],
  { passMark: 70, labHash: 'f'.repeat(64), gradedAtMs: 1000 },
);

describe('a regrade', () => {
  it('sums the kept checks up again, with the corrected ones', () => {
    expect(kept).toMatchObject({ outcome: 'failed', score: 50 });
    const regraded = planRegrade(kept, { auth: 'pass' }, by);
    expect(regraded).toMatchObject({ outcome: 'passed', score: 83, passMark: 70, labHash: kept.labHash });
    expect(regraded.checks[1]?.verdict.evidence).toEqual(kept.checks[1]?.verdict.evidence);
    expect(kept.checks[1]?.verdict.kind).toBe('fail');
  });

  it('can leave a check out that should not have been made', () => {
    expect(planRegrade(kept, { auth: 'leave out', alert: 'leave out' }, by)).toMatchObject({ outcome: 'passed', score: 100 });
  });

  it('fails for a critical check that fails, whatever the sum is', () => {
    const regraded = planRegrade(kept, { answers: 'fail', auth: 'pass', alert: 'pass' }, by);
    expect(regraded.outcome).toBe('failed');
    expect(regraded.checks[0]?.verdict).toMatchObject({ kind: 'fail', reason: by.reason });
  });

  it('refuses checks that were never made, and what would still decide nothing', () => {
    expect(() => planRegrade(kept, { nonsense: 'pass' }, by)).toThrow('no such check');
    const undecided = planScorecard([{ ...checkResult('answers', 'inconclusive'), critical: true }, checkResult('other', 'pass')], {
      passMark: 50,
      labHash: '',
      gradedAtMs: 0,
    });
    expect(() => planRegrade(undecided, { other: 'pass' }, by)).toThrow('still not decided');
  });
});
