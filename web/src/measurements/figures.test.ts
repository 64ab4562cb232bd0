import { describe, expect, it } from 'vitest';
import type { MeasuredFigures } from '../../../server/contract/measurements.ts';
import { describeAgainstAim, describeFailures, figuresToShow, findFigure, formatUsd, isMet } from './figures.ts';

const figures: MeasuredFigures = {
  requests: 100,
  answered: 97,
  failures: { 'queue-full': 2, timeout: 1 },
  usdPerThousandRequests: 14.2,
  endToEndMs: { p50: 410, p95: 2_980, p99: 4_200 },
  firstTokenMs: null,
  cacheHits: 0,
  quality: 0.915,
};

describe('a figure against its aim', () => {
  it.each([
    ['cost', { usdPerThousandRequestsAtMost: 12 }, '1,000 requests cost $14.20, aim is at most $12.00', false],
    ['cost', { usdPerThousandRequestsAtMost: 14.2 }, '1,000 requests cost $14.20, aim is at most $14.20', true],
    ['p95', { p95MsAtMost: 3_000 }, '95 of 100 answers come within 2,980 ms, aim is at most 3,000 ms', true],
    ['quality', { qualityAtLeast: 0.92 }, 'Right answers are 91.5%, aim is at least 92%', false],
    ['failed', { failedShareAtMost: 0.02 }, 'Requests that failed are 3%, aim is at most 2%', false],
    ['first-token', { firstTokenP95MsAtMost: 500 }, 'First token, p95 could not be told, aim is at most 500 ms', false],
  ])('%s with %j', (id, aims, words, met) => {
    expect(describeAgainstAim(findFigure(id), figures, aims)).toBe(words);
    expect(isMet(findFigure(id), figures, aims)).toBe(met);
  });

  it('is nothing to speak of where nothing is aimed at', () => {
    expect(describeAgainstAim(findFigure('cost'), figures, {})).toBeUndefined();
    expect(isMet(findFigure('p50'), figures, { p95MsAtMost: 1 })).toBeUndefined();
  });
});

describe('what is shown', () => {
  it('is what was measured, and what was aimed at but not measured', () => {
    const shown = (aims: object): readonly string[] => figuresToShow([figures], aims).map(({ id }) => id);
    expect(shown({})).toEqual(['cost', 'p50', 'p95', 'p99', 'quality', 'cache', 'failed']);
    expect(shown({ firstTokenP95MsAtMost: 1 })).toContain('first-token');
  });

  it('writes small money to a tenth of a cent', () => {
    expect([0.0534, 0.28, 1, 1_234.5].map((usd) => formatUsd(usd, 'en'))).toEqual(['$0.053', '$0.280', '$1.00', '$1,234.50']);
  });

  it('names what failed', () => {
    expect(describeFailures(figures)).toBe('2 × queue-full, 1 × timeout');
  });
});
