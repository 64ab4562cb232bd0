import { describe, expect, it } from 'vitest';
import { addRecord } from './content.ts';

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
