import ical, { ICalEventTransparency } from 'ical-generator';
import type { Ahead } from './reminder-plan.ts';

/** Calendar programs are asked to look again after so long. */
const REFRESH_SECONDS = 6 * 3_600;
/** A moment has no length, and many programs hide what has none: what is due ends at its moment. */
const DUE_SHOWN_MS = 30 * 60_000;

export interface FeedParts {
  readonly name: string;
  readonly publicUrl: string;
  readonly nowMs: number;
}

/**
 * A calendar of RFC 5545: what is due, drills, expiries. All times are in UTC, so that each program shows them in its own zone; a UID
 * stays the same as long as it is about the same thing. Pure.
 */
export function calendarFeed(ahead: Pick<Ahead, 'due' | 'drills' | 'certificates'>, { name, publicUrl, nowMs }: FeedParts): string {
  const calendar = ical({ name, prodId: { company: 'Drillhouse', product: 'Training', language: 'EN' }, ttl: REFRESH_SECONDS });
  const add = (event: {
    uid: string;
    startMs: number;
    endMs: number;
    summary: string;
    text: string;
    path: string;
    busy: boolean;
  }): void => {
    const url = `${publicUrl}${event.path}`;
    calendar.createEvent({
      id: `${event.uid}@drillhouse`,
      stamp: new Date(nowMs),
      start: new Date(event.startMs),
      end: new Date(event.endMs),
      summary: event.summary,
      description: `${event.text}\n${url}`,
      url,
      transparency: event.busy ? ICalEventTransparency.OPAQUE : ICalEventTransparency.TRANSPARENT,
    });
  };
  for (const { id, title, dueAtMs, path } of ahead.due)
    add({
      uid: `due.${id}`,
      startMs: dueAtMs - DUE_SHOWN_MS,
      endMs: dueAtMs,
      summary: `Due: ${title}`,
      text: 'Due at the end of this entry.',
      path,
      busy: false,
    });
  for (const { id, title, role, startsAtMs, minutes } of ahead.drills)
    add({
      uid: `drill.${id}`,
      startMs: startsAtMs,
      endMs: startsAtMs + minutes * 60_000,
      summary: `Drill: ${title}`,
      text: `Your part: ${role}.`,
      path: `/drills/${id}`,
      busy: true,
    });
  for (const { id, title, validUntilMs } of ahead.certificates)
    add({
      uid: `certificate.${id}`,
      startMs: validUntilMs - DUE_SHOWN_MS,
      endMs: validUntilMs,
      summary: `Certificate expires: ${title}`,
      text: 'Your certificate expires at the end of this entry; it can be renewed before.',
      path: '/certificates',
      busy: false,
    });
  return calendar.toString();
}
