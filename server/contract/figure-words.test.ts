import { describe, expect, it } from 'vitest';
import type { Figure, MetricId } from './program.ts';
import { formatFigure, sentenceOf, standingOf } from './figure-words.ts';

function figure(
  metric: MetricId,
  unit: Figure['unit'],
  now: number | null,
  baseline: number | null,
  target: number,
  better: 'up' | 'down' = 'down',
): Figure {
  const value = (of: number | null): Figure['now'] => ({
    value: of,
    of: 3,
    why: of === null ? 'Nothing was recorded in this time.' : null,
  });
  return {
    metric,
    title: '',
    definition: '',
    unit,
    better,
    source: '',
    baseline: value(baseline),
    baselineEntered: false,
    target,
    now: value(now),
    marks: [],
    trend: [],
  };
}

describe('sentenceOf', () => {
  it.each([
    [figure('recovery', 'min', 41, 90, 60), 'Recovery takes 41 min; it took 90 min; the aim is 60 min.'],
    [figure('completion', '%', 66.4, 55, 90, 'up'), '66% of what was due is done; it was 55%; the aim is 90%.'],
    [figure('cost', '$', 14.2, 18, 12), '1,000 requests cost $14.20; they cost $18.00; the aim is $12.00.'],
    [figure('tickets', 'a month', 1110, null, 90), '1,110 tickets a month; the aim is 90.'],
    [figure('passed', '%', null, 40, 80, 'up'), 'Nothing was recorded in this time. The aim is 80%.'],
    [figure('change-failures', '%', 4.25, 22, 12), '4.3% of changes fail; it was 22%; the aim is 12%.'],
  ])('%#', (given, words) => {
    expect(sentenceOf(given, 'en')).toBe(words);
  });
});

describe('standingOf', () => {
  it.each([
    [41, 90, 60, 'down', 'reached'],
    [60, 90, 60, 'down', 'reached'],
    [75, 90, 60, 'down', 'better'],
    [90.1, 90, 60, 'down', 'same'],
    [99, 90, 60, 'down', 'worse'],
    [70, 55, 90, 'up', 'better'],
    [50, 55, 90, 'up', 'worse'],
    [50, null, 90, 'up', 'same'],
    [null, 55, 90, 'up', 'unknown'],
  ] as const)('of %s, after %s, aiming at %s %s: %s', (now, baseline, target, better, standing) => {
    expect(standingOf(figure('passed', '%', now, baseline, target, better))).toBe(standing);
  });
});

describe('formatFigure', () => {
  it('has a decimal only where it says something', () => {
    expect([formatFigure(9.96, '%', 'en'), formatFigure(96.4, '%', 'en'), formatFigure(5.55, 'min', 'en')]).toEqual([
      '10%',
      '96%',
      '5.6 min',
    ]);
  });
});
