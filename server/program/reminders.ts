import { DAY_MS, type Clock } from '../clock.ts';
import type { Reminder } from '../contract/reminders.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import { planReminders, type Ahead } from './reminder-plan.ts';

/** By then nothing can be so any more of what was dismissed. */
const FORGET_AFTER_MS = 400 * DAY_MS;

export interface ReminderParts {
  readonly db: Db;
  readonly ahead: (person: PersonRow) => Promise<Ahead>;
  readonly clock: Clock;
}

/** What each person is reminded of: worked out when asked; kept is only what they dismissed. */
export class Reminders {
  readonly #parts: ReminderParts;

  constructor(parts: ReminderParts) {
    this.#parts = parts;
  }

  async list(actor: PersonRow): Promise<Reminder[]> {
    const { db, ahead, clock } = this.#parts;
    const [facts, rows] = await Promise.all([
      ahead(actor),
      db.selectFrom('dismissed_reminders').select('reminder_id').where('person_id', '=', actor.id).execute(),
    ]);
    return planReminders(facts, new Set(rows.map((row) => row.reminder_id)), clock.now());
  }

  /** What is not there is passed over, so that nobody fills the table with what was never shown. */
  async dismiss(actor: PersonRow, reminderId: string): Promise<Reminder[]> {
    const { db, clock } = this.#parts;
    const shown = await this.list(actor);
    if (!shown.some(({ id }) => id === reminderId)) return shown;
    const nowMs = clock.now();
    await db
      .deleteFrom('dismissed_reminders')
      .where('person_id', '=', actor.id)
      .where('at_ms', '<', nowMs - FORGET_AFTER_MS)
      .execute();
    await db
      .insertInto('dismissed_reminders')
      .values({ person_id: actor.id, reminder_id: reminderId, at_ms: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return shown.filter(({ id }) => id !== reminderId);
  }
}
