import { describe, expect, it } from 'vitest';
import { planScorecard } from './scorecard.ts';
import type { CheckResult, Verdict } from './verdict.ts';
import { fail, inconclusive, pass } from './verdicts.ts';

const verdicts: Readonly<Record<string, Verdict>> = { '+': pass(), '-': fail('because'), '?': inconclusive('no prober') };

/** `+`, `-` or `?`, a weight, and `!` for critical: `+3!` */
function result(text: string, index: number): CheckResult {
  const [, symbol = '', weight = '', critical] = /^([+?-])(\d+)(!?)$/.exec(text) ?? [];
  const at = '2026-01-01T00:00:00.000Z';
  const recovery = symbol === '+' && critical === '!' ? { recoveredAt: `2026-01-01T00:00:0${index}.000Z` } : {};
  return {
    id: `c${index}`,
    title: `Title ${index}`,
    weight: Number(weight),
    critical: critical === '!',
    hidden: false,
    dimension: 'cloud-kubernetes',
    verdict: verdicts[symbol]!,
    startedAt: at,
    finishedAt: at,
    ...recovery,
  };
}

const score = (text: string, passMark = 70): ReturnType<typeof planScorecard> =>
  planScorecard(text === '' ? [] : text.split(' ').map(result), { passMark, labHash: 'abc', gradedAtMs: 0 });

describe('planScorecard', () => {
  it.each<[string, string, string, number]>([
    ['all holds', '+1! +1', 'passed', 100],
    ['a small thing fails', '+5! -1', 'passed', 83],
    ['points are rounded down', '+2! -1', 'failed', 66],
    ['a critical one fails, whatever the points', '+99 -1!', 'failed', 99],
    ['too few points', '+1! -1', 'failed', 50],
    ['a critical one could not be made', '+9 ?1!', 'inconclusive', 90],
    ['a critical failure decides over what could not be made', '-1! ?1!', 'failed', 0],
    ['what could not be made could still reach the mark', '+6! ?2 -2', 'inconclusive', 60],
    ['what could not be made cannot reach the mark', '+4! ?2 -4', 'failed', 40],
    ['the mark is reached without what could not be made', '+8! ?2', 'passed', 80],
    ['nothing was checked', '', 'failed', 0],
  ])('%s', (_, checks, outcome, points) => {
    expect(score(checks)).toMatchObject({ outcome, score: points });
  });

  it('tells in one line what decided', () => {
    expect(score('+1!').headline).toBe('Restored and safe: every check holds.');
    expect(score('+9! -1').headline).toContain('One smaller thing is');
    expect(score('+1 -1!').headline).toBe('Not there yet: this does not hold: title 1.');
    expect(score('+1! -1').headline).toContain('50 of 70');
    expect(score('?1!').headline).toContain('does not count against you');
  });

  it('restored when the last critical check recovered, and only if passed', () => {
    expect(score('+1! +1! +1').restoredAt).toBe('2026-01-01T00:00:01.000Z');
    expect(score('+1! -1!')).not.toHaveProperty('restoredAt');
  });

  it('levels a dimension by its share of points', () => {
    expect(score('+1! +1 +1').dimensions).toEqual([{ dimension: 'cloud-kubernetes', level: 'exceeds', points: 3, of: 3 }]);
    expect(score('+1! +1').dimensions[0]?.level).toBe('meets');
    expect(score('+1! -1').dimensions[0]?.level).toBe('not yet');
  });
});
