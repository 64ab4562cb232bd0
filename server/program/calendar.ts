import type { People } from '../accounts/people.ts';
import { notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { CalendarLink, NewCalendarLink } from '../contract/calendar.ts';
import { hashToken, newToken } from '../ids.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import { calendarFeed } from './calendar-feed.ts';
import type { Ahead } from './reminder-plan.ts';

/** The last fetch is written at most so often. */
const TOUCH_EVERY_MS = 60_000;

export interface CalendarParts {
  readonly db: Db;
  readonly people: People;
  readonly ahead: (person: PersonRow) => Promise<Ahead>;
  readonly publicUrl: () => string;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** The secret link of each person's calendar. Only a hash of it is kept, so it can be renewed but not looked up. */
export class Calendar {
  readonly #parts: CalendarParts;

  constructor(parts: CalendarParts) {
    this.#parts = parts;
  }

  async read(actor: PersonRow): Promise<CalendarLink> {
    const row = await this.#parts.db.selectFrom('calendar_links').selectAll().where('person_id', '=', actor.id).executeTakeFirst();
    if (row === undefined) return { link: null };
    return { link: { createdAt: toInstant(row.created_at_ms), lastFetchedAt: toInstantOrNull(row.fetched_at_ms) } };
  }

  /** An older link ends at once. */
  async renew(actor: PersonRow, address: string): Promise<NewCalendarLink> {
    const { db, audit, clock, publicUrl } = this.#parts;
    const token = newToken();
    const kept = { token_hash: hashToken(token), created_at_ms: clock.now(), fetched_at_ms: null };
    await db
      .insertInto('calendar_links')
      .values({ person_id: actor.id, ...kept })
      .onConflict((conflict) => conflict.column('person_id').doUpdateSet(kept))
      .execute();
    await audit.record({ actor, action: 'calendar.link-made', subject: actor.id, address });
    return { url: `${publicUrl()}/api/public/calendar/${token}.ics`, createdAt: toInstant(kept.created_at_ms) };
  }

  async revoke(actor: PersonRow, address: string): Promise<void> {
    const { db, audit } = this.#parts;
    const { numDeletedRows } = await db.deleteFrom('calendar_links').where('person_id', '=', actor.id).executeTakeFirstOrThrow();
    if (numDeletedRows > 0n) await audit.record({ actor, action: 'calendar.link-revoked', subject: actor.id, address });
  }

  /** What the link opens. Throws NotFound for what is unknown or revoked, and for people who are disabled, all alike. */
  async feed(token: string): Promise<string> {
    const { db, people, ahead, publicUrl, clock } = this.#parts;
    const row = await db
      .selectFrom('calendar_links')
      .selectAll()
      .where('token_hash', '=', hashToken(token.replace(/\.ics$/, '')))
      .executeTakeFirst();
    const person = row === undefined ? undefined : await people.find(row.person_id);
    if (row === undefined || person?.state !== 'active') throw notFound('calendar');
    const nowMs = clock.now();
    if (row.fetched_at_ms === null || nowMs - row.fetched_at_ms >= TOUCH_EVERY_MS)
      await db.updateTable('calendar_links').set({ fetched_at_ms: nowMs }).where('person_id', '=', person.id).execute();
    return calendarFeed(await ahead(person), { name: `Drillhouse: ${person.name}`, publicUrl: publicUrl(), nowMs });
  }
}
