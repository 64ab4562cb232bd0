import { describe, expect, it } from 'vitest';
import type { ItemNumber } from '../contract/insight.ts';
import { evidenceRow } from './item-evidence.ts';
import { itemsOf, observationsOf } from './item-quality.ts';
import type { JudgedAttempt } from './judged-attempt.ts';
import { check, judged } from './testing/judged.ts';

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const failed = (over: Parameters<typeof judged>[0] = {}): JudgedAttempt => judged({ machineOutcome: 'failed', outcome: 'failed', ...over });
const numberOf = (attempts: readonly JudgedAttempt[], number: ItemNumber, level: 'lab' | 'check' = 'lab') =>
  itemsOf(attempts, { level })[0]?.numbers[number];

describe('a lab', () => {
  it('has a pass rate of what is decided now, and none of too few', () => {
    expect(
      numberOf(
        times(4, () => judged({})),
        'passRate',
      ),
    ).toEqual({ value: null, of: 4, why: 'Too few: 4 of at least 5.' });
    const overridden = judged({ machineOutcome: 'failed', outcome: 'passed' });
    const attempts = [
      ...times(3, () => judged({})),
      overridden,
      failed(),
      judged({ machineOutcome: 'inconclusive', outcome: 'inconclusive' }),
    ];
    expect(numberOf(attempts, 'passRate')).toEqual({ value: 0.8, of: 5, why: null });
  });

  it('counts false fails among the fails and false passes among the passes', () => {
    const attempts = [
      ...times(4, () => failed()),
      failed({ outcome: 'passed' }),
      ...times(9, () => judged({})),
      judged({ outcome: 'failed', machineOutcome: 'passed' }),
    ];
    expect(numberOf(attempts, 'falseFail')).toEqual({ value: 0.2, of: 5, why: null });
    expect(numberOf(attempts, 'falsePass')).toEqual({ value: 0.1, of: 10, why: null });
  });

  it('tells medians, hints and how many people it saw', () => {
    const attempts = times(6, (index) => judged({ tookMs: index * 60_000, hints: index % 2, personIds: [`pr_${index % 3}`] }));
    const [item] = itemsOf(attempts, { level: 'lab' });
    expect(item).toMatchObject({ attempts: 6, people: 3, numbers: { medianMs: { value: 150_000 }, hints: { value: 0.5 } } });
  });

  it('is apart by version and by fault, and can be narrowed to either', () => {
    const attempts = [
      judged({ version: '1.0.0', fault: 'a' }),
      judged({ version: '1.1.0', fault: 'a' }),
      judged({ version: '1.1.0', fault: 'b' }),
    ];
    expect(itemsOf(attempts, { level: 'version' }).map(({ version, attempts: of }) => [version, of])).toEqual([
      ['1.0.0 abcdef01', 1],
      ['1.1.0 abcdef01', 2],
    ]);
    expect(itemsOf(attempts, { level: 'fault' }).map(({ fault, attempts: of }) => [fault, of])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(itemsOf(attempts, { level: 'lab', version: '1.1.0 abcdef01', fault: 'a' }).map(({ attempts: of }) => of)).toEqual([1]);
    expect(itemsOf(attempts, { level: 'lab', lab: 'another' })).toEqual([]);
  });
});

describe('a check', () => {
  it('is wrong where a regrade changed it, or where an override can have meant nothing else', () => {
    const attempts = [
      failed({ outcome: 'passed', checks: [check('auth->pass'), check('other-')] }),
      failed({ outcome: 'passed', checks: [check('auth-'), check('other+')] }),
      failed({ outcome: 'passed', checks: [check('auth-'), check('other-')] }),
      failed({ checks: [check('auth-')] }),
      failed({ checks: [check('auth->out')] }),
    ];
    expect(numberOf(attempts, 'falseFail', 'check')).toEqual({ value: 0.6, of: 5, why: null });
    expect(numberOf([...times(4, () => judged({})), judged({ checks: [check('auth+>fail')] })], 'falsePass', 'check')?.value).toBe(0.2);
  });

  it('leaves what was left out of its pass rate', () => {
    const attempts = [...times(5, () => judged({})), judged({ checks: [check('auth->out')] })];
    expect(numberOf(attempts, 'passRate', 'check')).toEqual({ value: 1, of: 5, why: null });
  });

  it('is flaky where the same state was judged twice with unequal verdicts', () => {
    const steady = times(4, () => judged({ tries: [{ auth: 'pass' }] }));
    expect(numberOf([...steady, judged({ tries: [{ auth: 'fail' }] })], 'flaky', 'check')).toEqual({ value: 0.2, of: 5, why: null });
    expect(numberOf([...steady, judged({ tries: [{ other: 'fail' }] })], 'flaky', 'check')?.of).toBe(4);
    const untold = judged({ tries: [{ auth: 'inconclusive' }, { auth: 'inconclusive' }] });
    expect(numberOf([...times(4, () => judged({})), untold], 'inconclusive', 'check')).toEqual({ value: 2 / 7, of: 7, why: null });
  });

  it('tells apart by the point-biserial correlation with the rest, where there are enough', () => {
    const good = (index: number) => judged({ checks: [check('auth+'), check('a+'), check(index % 2 === 0 ? 'b+' : 'b-')] });
    const bad = () => judged({ checks: [check('auth-'), check('a-'), check('b-')] });
    const attempts = [...times(10, good), ...times(10, bad)];
    const [auth] = itemsOf(attempts, { level: 'check' });
    // Scores of the rest: 1 and 0.5 by turns for those who pass, 0 for the others: (0.75 - 0) / s * 0.5 with s² = 0.171875.
    expect(auth?.numbers.discrimination.value).toBeCloseTo(0.375 / Math.sqrt(0.171875), 10);
    expect(itemsOf(attempts.slice(1), { level: 'check' })[0]?.numbers.discrimination).toEqual({
      value: null,
      of: 19,
      why: 'Too few: 19 of at least 20.',
    });
    expect(
      numberOf(
        times(20, () => judged({ checks: [check('auth+'), check('a+')] })),
        'discrimination',
        'check',
      )?.why,
    ).toMatch(/^Everybody/);
  });
});

describe('the evidence of a number', () => {
  it('is the observations that have a part in it, in words', () => {
    const attempts = [failed({ outcome: 'passed', checks: [check('auth->pass')] }), judged({})];
    const rows = observationsOf(attempts, { level: 'check' }).map((one) => evidenceRow('falseFail', one, (id) => ({ id, name: 'Ann' })));
    expect(rows).toMatchObject([{ people: [{ name: 'Ann' }], words: 'It failed; a person counted it as a pass afterwards.' }, undefined]);
  });

  it('has as many rows as the number has observations', () => {
    const attempts = [failed(), failed({ checks: [check('auth?')] }), judged({ checks: [check('auth+'), check('x-')] })];
    for (const number of ['passRate', 'falseFail', 'falsePass', 'hints', 'discrimination'] as const)
      for (const item of itemsOf(attempts, { level: 'check' })) {
        const rows = observationsOf(attempts, { level: 'check' })
          .filter(({ check: one }) => one?.id === item.check?.id)
          .flatMap((one) => evidenceRow(number, one, (id) => ({ id, name: '' })) ?? []);
        expect([item.key, number, rows.length]).toEqual([item.key, number, item.numbers[number].of]);
      }
  });
});
