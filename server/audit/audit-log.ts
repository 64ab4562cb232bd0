import type { AuditEntry } from '../contract/people.ts';
import { toInstant, type Clock } from '../clock.ts';
import { Semaphore } from '../semaphore.ts';
import { againOnDuplicate } from '../store/again-on-duplicate.ts';
import type { Db } from '../store/schema.ts';

/** Who did it, as far as is known: nobody yet at sign-in, the server itself when a clock runs out. */
export interface Actor {
  readonly id: string;
  readonly name: string;
}

export interface AuditRecord {
  readonly actor: Actor | null;
  /** `thing.done`, e.g. `session.created`. */
  readonly action: string;
  readonly subject?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly address?: string;
}

export interface AuditQuery {
  readonly before?: number | undefined;
  readonly limit: number;
  readonly personId?: string | undefined;
  readonly action?: string | undefined;
}

/** Who did what, append-only. Entries keep the name a person had at the time. */
export class AuditLog {
  readonly #db: Db;
  readonly #clock: Clock;
  /** Writers take turns, so that numbers follow the order of the rows. */
  readonly #turn = new Semaphore(1);

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Resolves when the entry is stored; a failure leaves no gap. Servers that share the database share the numbers. */
  record(entry: AuditRecord): Promise<void> {
    return this.#turn.run(() => againOnDuplicate(() => this.#insert(entry)));
  }

  async list(query: AuditQuery): Promise<{ entries: AuditEntry[]; nextBefore: number | null }> {
    let rows = this.#db
      .selectFrom('audit')
      .selectAll()
      .orderBy('seq', 'desc')
      .limit(query.limit + 1);
    if (query.before !== undefined) rows = rows.where('seq', '<', query.before);
    if (query.personId !== undefined)
      rows = rows.where((eb) => eb.or([eb('actor_id', '=', query.personId ?? ''), eb('subject', '=', query.personId ?? '')]));
    if (query.action !== undefined) rows = rows.where('action', 'like', `${query.action.replace(/[%_\\]/g, '')}%`);
    const found = await rows.execute();
    const entries = found.slice(0, query.limit).map((row) => ({
      seq: row.seq,
      at: toInstant(row.at_ms),
      actor: row.actor_id === null ? null : { id: row.actor_id, name: row.actor_name ?? '' },
      action: row.action,
      subject: row.subject,
      detail: JSON.parse(row.detail) as Record<string, unknown>,
      address: row.address,
    }));
    return { entries, nextBefore: found.length > query.limit ? (entries.at(-1)?.seq ?? null) : null };
  }

  /** For personal data that is to go: from where somebody came. What was done stays. */
  async forgetAddresses(actorId: string): Promise<void> {
    await this.#db.updateTable('audit').set({ address: null }).where('actor_id', '=', actorId).execute();
  }

  async #insert(entry: AuditRecord): Promise<void> {
    const row = {
      at_ms: this.#clock.now(),
      actor_id: entry.actor?.id ?? null,
      actor_name: entry.actor?.name ?? null,
      action: entry.action,
      subject: entry.subject ?? null,
      detail: JSON.stringify(entry.detail ?? {}),
      address: entry.address ?? null,
    };
    await this.#db
      .insertInto('audit')
      .values((eb) => ({
        ...row,
        seq: eb.selectFrom('audit').select((each) => each(each.fn.coalesce(each.fn.max('seq'), each.lit(0)), '+', 1).as('next')),
      }))
      .execute();
  }
}
