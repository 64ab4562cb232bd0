import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../../server/contract/attempts.ts';
import { appendScrape, MAX_SCRAPES, seriesValues } from './metric-series.ts';

const scrape = (second: number, values: Record<string, number>, ok = true): Metrics => ({
  at: new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString(),
  ok,
  reason: null,
  samples: Object.entries(values).map(([name, value]) => ({ name, labels: {}, value })),
});

describe('seriesValues', () => {
  it('reads a gauge as it is, adding up its labels', () => {
    const two: Metrics = {
      ...scrape(0, {}),
      samples: [
        { name: 'running', labels: { engine: '0' }, value: 2 },
        { name: 'running', labels: { engine: '1' }, value: 3 },
      ],
    };
    expect(seriesValues([two], { label: 'x', kind: 'gauge', metric: 'running', scale: 100 })).toEqual([500]);
  });

  it('turns a counter into growth a second, and knows nothing across a restart or a failed scrape', () => {
    const scrapes = [
      scrape(0, { tokens: 100 }),
      scrape(2, { tokens: 140 }),
      scrape(4, { tokens: 10 }),
      scrape(6, {}, false),
      scrape(8, { tokens: 20 }),
      scrape(10, { tokens: 30 }),
    ];
    expect(seriesValues(scrapes, { label: 'x', kind: 'rate', metric: 'tokens' })).toEqual([null, 20, null, null, null, 5]);
  });

  it('averages a histogram over what came in between', () => {
    const spec = { label: 'x', kind: 'mean', metric: 'ttft', scale: 1000 } as const;
    const scrapes = [
      scrape(0, { ttft_sum: 1, ttft_count: 10 }),
      scrape(2, { ttft_sum: 2, ttft_count: 14 }),
      scrape(4, { ttft_sum: 2, ttft_count: 14 }),
    ];
    expect(seriesValues(scrapes, spec)).toEqual([null, 250, null]);
  });
});

describe('appendScrape', () => {
  it('keeps five minutes and drops late answers', () => {
    let scrapes: readonly Metrics[] = [];
    for (let index = 0; index <= MAX_SCRAPES + 5; index += 1) scrapes = appendScrape(scrapes, scrape(index, {}));
    expect(scrapes).toHaveLength(MAX_SCRAPES);
    expect(appendScrape(scrapes, scrape(3, {}))).toBe(scrapes);
  });
});
