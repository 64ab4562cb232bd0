import type { ExtraTime } from '../attempts/extra-time.ts';
import { noExtraTime } from '../attempts/extra-time.ts';
import { holdPerson } from '../store/hold-person.ts';
import type { Db, ExtraTimeRow, Tx } from '../store/schema.ts';

export type NewExtraTime = Omit<ExtraTimeRow, 'seq'>;

/** Who has more time, since when and why. Every change is kept; the last one without an attempt holds. */
export class ExtraTimeRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async add(entry: NewExtraTime): Promise<void> {
    await this.#db.transaction().execute((tx) => this.append(tx, entry));
  }

  /** Part of another transaction. */
  async append(tx: Tx, entry: NewExtraTime): Promise<void> {
    await holdPerson(tx, entry.person_id);
    const last = await tx
      .selectFrom('extra_time')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('person_id', '=', entry.person_id)
      .executeTakeFirst();
    await tx
      .insertInto('extra_time')
      .values({ ...entry, seq: (last?.seq ?? 0) + 1 })
      .execute();
  }

  /** The newest first. */
  async list(personId: string): Promise<readonly ExtraTimeRow[]> {
    return this.#db.selectFrom('extra_time').selectAll().where('person_id', '=', personId).orderBy('seq', 'desc').execute();
  }

  async holds(personId: string): Promise<ExtraTime> {
    return whatHolds(await this.list(personId));
  }

  /** Those who ever had any, by id. */
  async peopleIds(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('extra_time').select('person_id').distinct().orderBy('person_id').execute();
    return rows.map((row) => row.person_id);
  }
}

/** Of a person's entries, the newest first. Pure. */
export function whatHolds(entries: readonly ExtraTimeRow[]): ExtraTime {
  const entry = entries.find(({ attempt_id }) => attempt_id === null);
  return entry === undefined ? noExtraTime : { percent: entry.percent, minutes: entry.minutes };
}
