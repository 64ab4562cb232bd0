import { describe, expect, it } from 'vitest';
import { incidentAttempt, readyAttempt } from '../testing/attempts.ts';
import { csvCell } from '../csv.ts';
import { gradesCsv, listGrades } from './grades.ts';
import { abandon, broke } from './ending-moves.ts';

const nameOf = (id: string): { id: string; name: string } => ({ id, name: '=cmd|calc' });
const cohort = (members: string[]) => ({
  id: 'co_1',
  name: 'Spring, 2026',
  createdAt: '',
  members: members.map((id) => ({ id, name: '' })),
});
const abandoned = abandon(readyAttempt(), 'pr_1', 1_000).attempt;

describe('grades', () => {
  it('take the way the attempt ended, the verdict, and above both the override', () => {
    const broken = broke(incidentAttempt(), 'x', 1).attempt;
    const attempts = [abandoned, { ...broken, id: 'at_2' }, { ...broken, id: 'at_3' }, { ...broken, id: 'at_4' }];
    const verdicts = new Map([['at_3', { outcome: 'inconclusive', restoredAfterMs: null }]]);
    const grades = listGrades({ attempts, verdicts, overrides: new Map([['at_4', 'passed']]), cohorts: [cohort(['pr_1'])], nameOf });
    expect(grades.map((grade) => [grade.outcome, grade.overridden])).toEqual([
      ['abandoned', false],
      ['broken', false],
      ['inconclusive', false],
      ['passed', true],
    ]);
    expect(grades[0]?.cohorts).toEqual(['Spring, 2026']);
  });

  it('of a cohort are those of its members; of one that does not exist, none', () => {
    const parts = { attempts: [abandoned], verdicts: new Map(), overrides: new Map(), cohorts: [cohort([])], nameOf };
    expect(listGrades(parts, 'co_1')).toEqual([]);
    expect(listGrades(parts, 'co_none')).toEqual([]);
  });
});

describe('the CSV', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['a "b", c', '"a ""b"", c"'],
    ['=a,b', '"\'=a,b"'],
    ['plain', 'plain'],
    [-2, '-2'],
    [null, ''],
  ])('%j becomes %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it('has a header, a line a grade, and lines ended as RFC 4180 says', () => {
    const csv = gradesCsv(
      listGrades({ attempts: [abandoned], verdicts: new Map(), overrides: new Map(), cohorts: [cohort(['pr_1'])], nameOf }),
    );
    const lines = csv.split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\uFEFFAttempt,Person,/);
    expect(lines[1]).toContain(`,'=cmd|calc,"Spring, 2026",`);
  });
});
