import { describe, expect, it } from 'vitest';
import type { MeasurementRun } from '../../../server/contract/measurements.ts';
import { addRecord, addRuns } from './content.ts';

const record = [
  { at: '2026-11-21T09:14:03.120Z', what: 'The incident began.' },
  { at: '2026-11-21T09:30:00.000Z', what: 'The service was well again, as seen from outside.' },
];

describe('a timeline from the record', () => {
  it('is put between what one wrote, once', () => {
    const own = { at: '2026-11-21 09:20:00', what: 'Found the bad image.' };
    const rows = addRecord([own, {}], record);
    expect(rows.map((row) => row['at'])).toEqual(['2026-11-21 09:14:03', '2026-11-21 09:20:00', '2026-11-21 09:30:00']);
    expect(addRecord(rows, record)).toEqual(rows);
  });

  it('leaves the order alone when times are written otherwise', () => {
    expect(addRecord([{ at: 'quarter past nine', what: 'x' }], record).map((row) => row['at'])).toEqual([
      'quarter past nine',
      '2026-11-21 09:14:03',
      '2026-11-21 09:30:00',
    ]);
  });

  it('is bounded', () => {
    expect(
      addRecord(
        Array.from({ length: 60 }, (_, index) => ({ what: `row ${index}` })),
        record,
      ),
    ).toHaveLength(60);
  });
});

describe('a table of measured runs', () => {
  const figures = {
    requests: 90,
    answered: 90,
    failures: {},
    usdPerThousandRequests: 0.2812,
    endToEndMs: { p50: 1, p95: 620, p99: 3 },
    firstTokenMs: null,
    cacheHits: 0,
    quality: 0.915,
  };
  const run = (number: number, ...titles: readonly string[]): MeasurementRun => ({
    number,
    label: 'a smaller model',
    by: { id: 'pr_00000000000000000000', name: 'Tess' },
    startedAt: '2026-11-21T09:14:03.120Z',
    finishedAt: null,
    state: 'done',
    reason: null,
    workloads: titles.map((title) => ({ id: title, title, aims: {}, figures: title === 'silent' ? null : figures, remark: null })),
  });

  it('has a row for each workload that gave figures, and keeps what was written', () => {
    const own = { run: 'by hand', cost: '2' };
    const rows = addRuns([own, {}], [run(1, 'assistant', 'silent'), run(2, 'assistant')]);
    expect(rows).toEqual([
      own,
      { run: '1. a smaller model (assistant)', cost: '0.281', latency: '620', quality: '92' },
      { run: '2. a smaller model', cost: '0.281', latency: '620', quality: '92' },
    ]);
    expect(addRuns(rows, [run(2, 'assistant')])).toEqual(rows);
  });
});
