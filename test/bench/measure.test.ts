import { describe, expect, it } from 'vitest';
import { formatTable, percentile, reaches } from './measure.ts';

describe('percentile', () => {
  it.each([
    [[5], 0.5, 5],
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.99, 4],
    [[4, 3, 2, 1], 0.25, 1],
  ])('of %j at %d is %d', (samples, share, expected) => {
    expect(percentile(samples, share)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('a measurement', () => {
  it('reaches an upper bound at the bound itself', () => {
    expect(reaches({ name: 'x', value: 50, unit: 'ms', target: { atMost: 50 }, basis: '' })).toBe(true);
    expect(reaches({ name: 'x', value: 50.1, unit: 'ms', target: { atMost: 50 }, basis: '' })).toBe(false);
  });

  it('says in the table what was missed', () => {
    expect(formatTable([{ name: 'flood', value: 12.34, unit: 'MB/s', target: { atLeast: 20 }, basis: 'one run' }])).toContain(
      '12.3 MB/s  ≥ 20 MB/s  missed',
    );
  });
});
