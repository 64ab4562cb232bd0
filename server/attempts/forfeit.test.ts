import { describe, expect, it } from 'vitest';
import type { Scorecard } from '../../grader/verdict.ts';
import { checkResult, incidentAttempt } from '../testing/attempts.ts';
import { forfeitSolvedIncident } from './forfeit.ts';

const built = { ...checkResult('built', 'pass'), weight: 30 };
const restored = { ...checkResult('answers', 'pass'), weight: 70, critical: true, recoveredAt: '2026-11-21T09:00:00.000Z' };
const card: Scorecard = {
  outcome: 'passed',
  score: 100,
  passMark: 20,
  headline: 'Restored.',
  checks: [built, restored],
  dimensions: [],
  restoredAt: '2026-11-21T09:00:00.000Z',
  labHash: 'h',
  gradedAt: '2026-11-21T09:00:10.000Z',
};
const attempt = incidentAttempt();
const withSteps = (incident: 'open' | 'skipped') => ({
  ...attempt,
  steps: attempt.steps.map((step) => (step.phase === 'incident' ? { ...step, state: incident } : { ...step, credit: [built] })),
});

describe('an incident that was solved for the trainee', () => {
  it('cannot pass, however healthy it is now, and keeps what was built before', () => {
    const forfeited = forfeitSolvedIncident(withSteps('skipped'), card, 0);
    expect(forfeited).toMatchObject({ outcome: 'failed', score: 30, labHash: 'h', gradedAt: card.gradedAt });
    expect(forfeited.restoredAt).toBeUndefined();
    expect(forfeited.checks.map((check) => check.verdict.kind)).toEqual(['pass', 'fail']);
    expect(forfeited.checks[1]?.verdict.evidence).toHaveLength(2);
  });

  it('changes nothing when it was the trainee who solved it, or when nothing could be decided', () => {
    expect(forfeitSolvedIncident(withSteps('open'), card, 0)).toBe(card);
    const undecided = { ...card, outcome: 'inconclusive' as const };
    expect(forfeitSolvedIncident(withSteps('skipped'), undecided, 0)).toBe(undecided);
  });
});
