import { expect, it } from 'vitest';
import { readStartTime } from './start-time.ts';

it.each<[string, string, string, string, string]>([
  ['summer', '2026-07-01T09:00', 'Europe/Berlin', '2026-07-01T07:00:00.000Z', 'Central European Summer Time, 2026-07-01 07:00 UTC.'],
  ['winter', '2026-12-01T09:00', 'Europe/Berlin', '2026-12-01T08:00:00.000Z', 'Central European Standard Time, 2026-12-01 08:00 UTC.'],
  ['half an hour', '2026-12-01T09:00', 'Asia/Kolkata', '2026-12-01T03:30:00.000Z', 'India Standard Time'],
  ['a day before', '2026-12-01T09:00', 'Pacific/Kiritimati', '2026-11-30T19:00:00.000Z', '2026-11-30 19:00 UTC.'],
  ['a time that is not there', '2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00.000Z', 'go forward: 02:30 is not there'],
  ['a time that comes twice', '2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', 'Summer Time'],
  ['just after it', '2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z', 'Standard Time'],
  ['a zone behind, at the change', '2027-03-14T02:15', 'America/New_York', '2027-03-14T07:15:00.000Z', 'go forward: 02:15'],
])('reads %s', (_, local, zone, instant, words) => {
  const start = readStartTime(local, zone, 'en-GB');
  expect(start?.instant).toBe(instant);
  expect(start?.words).toContain(words);
});

it('is nothing while nothing was typed', () => {
  expect(readStartTime('', 'UTC')).toBeUndefined();
  expect(readStartTime('soon', 'UTC')).toBeUndefined();
});
