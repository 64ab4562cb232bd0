import { describe, expect, it } from 'vitest';
import { readCalendar } from '../testing/read-calendar.ts';
import { calendarFeed } from './calendar-feed.ts';
import type { Ahead } from './reminder-plan.ts';

const nowMs = Date.UTC(2026, 10, 21, 9);
const parts = { name: 'Tess, at Drillhouse; “training”', publicUrl: 'https://drills.example', nowMs };
const ahead: Ahead = {
  due: [
    {
      id: 'co_1:lab:endpoint',
      title:
        'Build, secure; and \\mend\\ a model’s endpoint — 模型端点, so long a title that its line must be folded more than once, 🔥 even within a character',
      dueAtMs: Date.UTC(2026, 9, 25),
      path: '/training',
      state: 'overdue',
    },
  ],
  drills: [{ id: 'dr_1', title: 'Leaked\nkey', role: 'commander', minutes: 90, startsAtMs: Date.UTC(2026, 10, 25, 13, 30) }],
  certificates: [{ id: 'ct_1', title: 'AI Platform Operator', validUntilMs: Date.UTC(2027, 4, 21, 22, 15) }],
  returned: [],
  toReview: [],
};

describe('the calendar', () => {
  it('is read by another library as it was meant, whatever characters are in it', () => {
    const { name, events } = readCalendar(calendarFeed(ahead, parts));
    expect(name).toBe(parts.name);
    expect(events.map(({ summary }) => summary)).toEqual([
      `Due: ${ahead.due[0]!.title}`,
      'Drill: Leaked\nkey',
      'Certificate expires: AI Platform Operator',
    ]);
    expect(events[1]!.description).toBe('Your part: commander.\nhttps://drills.example/drills/dr_1');
  });

  it('gives times in UTC, which ends in the right moment in every zone', () => {
    const { events } = readCalendar(calendarFeed(ahead, parts));
    expect(
      events.map(({ startDate, endDate }) => [startDate.zone.tzid, startDate.toJSDate().toISOString(), endDate.toJSDate().toISOString()]),
    ).toEqual([
      ['UTC', '2026-10-24T23:30:00.000Z', '2026-10-25T00:00:00.000Z'],
      ['UTC', '2026-11-25T13:30:00.000Z', '2026-11-25T15:00:00.000Z'],
      ['UTC', '2027-05-21T21:45:00.000Z', '2027-05-21T22:15:00.000Z'],
    ]);
    const before = process.env['TZ'];
    process.env['TZ'] = 'America/St_Johns';
    try {
      expect(calendarFeed(ahead, parts)).toContain('DTSTART:20261125T133000Z');
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it('has the same UID for the same thing, also when it is put to another day', () => {
    const uids = (one: Ahead): string[] => readCalendar(calendarFeed(one, parts)).events.map(({ uid }) => uid);
    const later = { ...ahead, drills: ahead.drills.map((drill) => ({ ...drill, title: 'Another', startsAtMs: drill.startsAtMs + 1 })) };
    expect(uids(ahead)).toEqual(['due.co_1:lab:endpoint@drillhouse', 'drill.dr_1@drillhouse', 'certificate.ct_1@drillhouse']);
    expect(uids(later)).toEqual(uids(ahead));
  });

  it('folds lines at 75 octets and ends them with CRLF (RFC 5545, 3.1)', () => {
    const lines = calendarFeed(ahead, parts).split('\r\n');
    expect(lines.some((line) => line.includes('\n'))).toBe(false);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
    expect(lines.filter((line) => line.startsWith(' ')).length).toBeGreaterThan(1);
  });

  it('is a calendar also when there is nothing ahead', () => {
    const { events } = readCalendar(calendarFeed({ due: [], drills: [], certificates: [] }, parts));
    expect(events).toEqual([]);
  });
});
