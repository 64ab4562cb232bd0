import { describe, expect, it } from 'vitest';
import type { Grade } from '../../../server/contract/attempts.ts';
import { ALL_GRADES, filterGrades, labsOf, summariseGrades } from './grade-filter.ts';

const grade = (person: string, outcome: Grade['outcome'], slug = 'endpoint', restoredAfterMs: number | null = null): Grade => ({
  attemptId: `${person}-${outcome}`,
  person: { id: person, name: person },
  teamRole: null,
  cohorts: [],
  lab: { slug, title: slug.toUpperCase() },
  mode: 'guided',
  outcome,
  overridden: false,
  score: null,
  restoredAfterMs,
  hintsUsed: 0,
  aiPolicy: null,
  aiTools: null,
  startedAt: '2026-11-21T10:00:00Z',
  endedAt: null,
});
const grades = [
  grade('Ada', 'passed', 'endpoint', 60_000),
  grade('Ada', 'failed'),
  grade('Bo', 'passed', 'gateway', 120_000),
  grade('Cy', 'broken'),
];

describe('filterGrades', () => {
  it('shows all without a filter and narrows by each', () => {
    expect(filterGrades(grades, ALL_GRADES)).toHaveLength(4);
    expect(filterGrades(grades, { ...ALL_GRADES, lab: 'gateway' }).map(({ person }) => person.id)).toEqual(['Bo']);
    expect(filterGrades(grades, { ...ALL_GRADES, outcome: 'passed', person: ' aD' }).map(({ attemptId }) => attemptId)).toEqual([
      'Ada-passed',
    ]);
  });
});

describe('summariseGrades', () => {
  it('counts for the pass rate only what came to a verdict', () => {
    expect(summariseGrades(grades)).toEqual({ attempts: 4, people: 3, passedPercent: 67, medianRestoredMs: 90_000 });
  });
  it('claims nothing where there is nothing', () => {
    expect(summariseGrades([])).toEqual({ attempts: 0, people: 0, passedPercent: null, medianRestoredMs: null });
  });
  it('takes the middle of an odd number', () => {
    expect(summariseGrades([1, 9, 2].map((ms) => grade(`p${ms}`, 'passed', 'x', ms))).medianRestoredMs).toBe(2);
  });
});

describe('labsOf', () => {
  it('names each lab once, in order', () => {
    expect(labsOf(grades).map(({ slug }) => slug)).toEqual(['endpoint', 'gateway']);
  });
});
