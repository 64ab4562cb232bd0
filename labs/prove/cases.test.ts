import { describe, expect, it } from 'vitest';
import type { CheckResult, Scorecard } from '../../grader/verdict.ts';
import type { LabFile } from '../lab-schema.ts';
import { isUndecided, judgeProof, orderCases, planCases, type ProofCase } from './cases.ts';
import { toTable } from './table.ts';

const lab = {
  checks: { answers: {} },
  faults: [
    { id: 'a', title: 'A', solution: 's/a.sh', verdict: [] },
    { id: 'b', title: 'B', solution: 's/b.sh', verdict: ['key'] },
  ],
  alternatives: [{ title: 'other', script: 'alt.sh', fault: 'b' }],
  slips: [{ title: 'slip', script: 's/b.sh', fault: 'b', status: 'late.yaml', caughtBy: ['told'] }],
  cheats: [{ title: 'cheat', script: 'cheat.sh', fault: 'a', caughtBy: ['answers'] }],
} as unknown as LabFile;

describe('planCases', () => {
  it('asks of a lab all that it must show of itself', () => {
    expect(planCases(lab).map(({ group, fault, expected }) => [group, fault, expected])).toEqual([
      ['healthy', undefined, 'passed'],
      ['fault', 'a', 'failed'],
      ['fault', 'b', 'failed'],
      ['solution', 'a', 'passed'],
      ['solution', 'b', 'passed'],
      ['alternative', 'b', 'passed'],
      ['slip', 'b', 'passed'],
      ['cheat', 'a', 'failed'],
    ]);
  });

  it('wants a fault to be caught by what it alone is judged by, else by clients that get no answer', () => {
    expect(planCases(lab).flatMap(({ group, caughtBy }) => (group === 'fault' ? [caughtBy] : []))).toEqual([['answers'], ['key']]);
  });

  it('wants a control to pass as it is', () => {
    const faults = [{ id: 'nothing-wrong', title: 'N', solution: 's/n.sh', verdict: ['untouched'] }];
    const control = planCases({ ...lab, faults } as unknown as LabFile).find(({ group }) => group === 'fault');
    expect(control).toMatchObject({ expected: 'passed', caughtBy: [] });
  });

  it('can be kept to one fault', () => {
    expect(planCases(lab, 'b').map(({ group, fault }) => [group, fault])).toEqual([
      ['healthy', undefined],
      ['fault', 'b'],
      ['solution', 'b'],
      ['alternative', 'b'],
      ['slip', 'b'],
    ]);
  });
});

function card(outcome: Scorecard['outcome'], ...failing: readonly string[]): Scorecard {
  const checks = failing.map((id) => ({ id, verdict: { kind: 'fail', reason: `${id} is wrong`, evidence: [] } }) as unknown as CheckResult);
  return { outcome, checks, headline: 'headline', score: 0, passMark: 70, dimensions: [], labHash: '', gradedAt: '' };
}

describe('judgeProof', () => {
  const cheat: ProofCase = { group: 'cheat', title: 't', expected: 'failed', caughtBy: ['key'] };
  const solution: ProofCase = { group: 'solution', title: 't', expected: 'passed', caughtBy: [] };

  const slip: ProofCase = { group: 'slip', title: 't', expected: 'passed', caughtBy: ['told'] };

  it.each<[string, ProofCase, Scorecard[], RegExp | undefined]>([
    ['a solution that passes every time', solution, [card('passed'), card('passed')], undefined],
    [
      'a solution that passes but once',
      solution,
      [card('passed'), card('failed', 'answers')],
      /expected passed, got failed: answers: answers is wrong/,
    ],
    ['a cheat that is caught', cheat, [card('failed', 'key', 'answers')], undefined],
    ['a cheat that gets through', cheat, [card('passed')], /expected failed, got passed: headline/],
    ['a cheat that fails by accident', cheat, [card('failed', 'answers')], /not caught by key, only by answers/],
    ['a verdict that could not be made', cheat, [card('inconclusive')], /got inconclusive/],
    ['a slip that passes and loses its credit', slip, [card('passed', 'told')], undefined],
    ['a slip that nobody noticed', slip, [card('passed')], /not caught by told/],
    ['no verdict at all', solution, [], /no verdict/],
  ])('%s', (_, proofCase, scorecards, problem) => {
    if (problem === undefined) expect(judgeProof(proofCase, scorecards)).toBeUndefined();
    else expect(judgeProof(proofCase, scorecards)).toMatch(problem);
  });
});

it('spells out below the table what came out wrong', () => {
  const base = { lab: 'mine', fault: 'a', expected: 'failed', score: 10, tookMs: 1200 };
  const table = toTable([
    { ...base, group: 'cheat', title: 'gets through', ok: false, problem: 'expected failed, got passed', failing: [] },
    { ...base, group: 'healthy', title: 'healthy', ok: true, problem: null, failing: ['a', 'b', 'c', 'd', 'e'] },
  ]);
  const lines = table.split('\n');
  expect(lines[2]).toMatch(/^ok\s+mine\s+healthy/);
  expect(lines[2]).toContain('a b c d +1');
  expect(lines[3]).toMatch(/^WRONG\s+mine\s+cheat/);
  expect(lines.at(-1)).toBe('WRONG mine cheat a "gets through": expected failed, got passed');
});

it('puts in front what is graded whole, then whose failure is waited for longest, with what is waited for before it', () => {
  const checks = {
    quick: { within: 4_000, holdFor: 0, after: [] },
    held: { within: 0, holdFor: 10_000, after: [] },
    late: { within: 5_000, holdFor: 0, after: ['quick', 'held'] },
  } as unknown as LabFile['checks'];
  const failing = (title: string, ...caughtBy: readonly string[]): ProofCase => ({ group: 'cheat', title, expected: 'failed', caughtBy });
  const cases: readonly ProofCase[] = [
    failing('quick', 'quick'),
    failing('none'),
    failing('late', 'quick', 'late'),
    failing('held', 'held'),
    { group: 'solution', title: 'whole', expected: 'passed', caughtBy: [] },
  ];
  expect(orderCases(cases, { checks }).map(({ title }) => title)).toEqual(['whole', 'late', 'held', 'quick', 'none']);
});

describe('isUndecided', () => {
  const cheat: ProofCase = { group: 'cheat', title: 't', expected: 'failed', caughtBy: ['speed'] };
  const unsure = (outcome: Scorecard['outcome'], id: string): Scorecard => ({
    ...card(outcome),
    checks: [{ id, verdict: { kind: 'inconclusive', reason: 'too busy', evidence: [] } } as unknown as CheckResult],
  });

  it.each<[string, Scorecard, boolean]>([
    ['a verdict that the platform could not make', unsure('inconclusive', 'other'), true],
    ['a failure of something else while what should have caught it could not be told', unsure('failed', 'speed'), true],
    ['a failure with something unsure that decides nothing', unsure('failed', 'other'), false],
    ['a cheat that gets through', card('passed'), false],
  ])('%s', (_, scorecard, isAgain) => {
    expect(isUndecided(cheat, [scorecard])).toBe(isAgain);
  });
});
