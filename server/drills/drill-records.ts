import type { EvidenceChain, EvidenceRecord } from '../attempts/evidence-chain.ts';
import type { Db, Tx } from '../store/schema.ts';
import type { DrillEntry, DrillHead } from './drill-entry.ts';
import { DRILL_ENDED, type DrillSeal } from './drill-evidence.ts';

/** Drills in the store: what was fixed when they were scheduled, and the entries, which are only ever added. */
export class DrillRecords {
  readonly #db: Db;
  readonly #evidence: EvidenceChain;

  constructor(db: Db, evidence: EvidenceChain) {
    this.#db = db;
    this.#evidence = evidence;
  }

  async insert(head: DrillHead, createdAtMs: number, entries: readonly DrillEntry[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx
        .insertInto('drills')
        .values({ id: head.id, script_slug: head.scriptSlug, created_at_ms: createdAtMs, ended_at_ms: null, head: JSON.stringify(head) })
        .execute();
      await tx.insertInto('drill_entries').values(rowsOf(head.id, entries)).execute();
    });
  }

  /** All or nothing, with what is evidence of it. Throws DuplicateKeyError when another server was faster with one of the numbers. */
  async append(drillId: string, entries: readonly DrillEntry[], evidence: readonly EvidenceRecord[]): Promise<void> {
    if (entries.length === 0) return;
    const write = (): Promise<void> =>
      this.#db.transaction().execute(async (tx) => {
        await this.appendWithin(tx, drillId, entries);
        for (const record of evidence) await this.#evidence.append(tx, record);
      });
    await (evidence.length === 0 ? write() : this.#evidence.exclusive(write));
  }

  /** In somebody else's transaction; not for entries that are evidence. */
  async appendWithin(tx: Tx, drillId: string, entries: readonly DrillEntry[]): Promise<void> {
    const ended = entries.find(({ what }) => what.kind === 'ended');
    await tx.insertInto('drill_entries').values(rowsOf(drillId, entries)).execute();
    if (ended !== undefined) await tx.updateTable('drills').set({ ended_at_ms: ended.atMs }).where('id', '=', drillId).execute();
  }

  /** What the chain of evidence says of drills that ended, in its order. */
  async listSeals(): Promise<readonly DrillSeal[]> {
    const rows = await this.#db.selectFrom('evidence').select('payload').where('kind', '=', DRILL_ENDED).orderBy('seq').execute();
    return rows.map(({ payload }) => JSON.parse(payload) as DrillSeal);
  }

  /** Ended before there was evidence of it. */
  async listUnsealed(): Promise<readonly string[]> {
    const rows = await this.#db
      .selectFrom('drills')
      .select('id')
      .where('ended_at_ms', 'is not', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('evidence')
              .select('evidence.seq')
              .whereRef('evidence.attempt_id', '=', 'drills.id')
              .where('evidence.kind', '=', DRILL_ENDED),
          ),
        ),
      )
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Writes what is missing in the chain of evidence of a drill that ended, once. */
  async addEvidence(drillId: string, evidence: readonly EvidenceRecord[]): Promise<void> {
    await this.#evidence.exclusive(() =>
      this.#db.transaction().execute(async (tx) => {
        await this.#evidence.hold(tx);
        const sealed = tx.selectFrom('evidence').select('seq').where('attempt_id', '=', drillId).where('kind', '=', DRILL_ENDED);
        if ((await sealed.executeTakeFirst()) !== undefined) return;
        for (const record of evidence) await this.#evidence.append(tx, record);
      }),
    );
  }

  async find(drillId: string): Promise<{ readonly head: DrillHead; readonly entries: readonly DrillEntry[] } | undefined> {
    const row = await this.#db.selectFrom('drills').selectAll().where('id', '=', drillId).executeTakeFirst();
    if (row === undefined) return undefined;
    return { head: JSON.parse(row.head) as DrillHead, entries: await this.entriesAfter(drillId, 0) };
  }

  /** In their order. */
  async entriesAfter(drillId: string, seq: number): Promise<readonly DrillEntry[]> {
    const rows = await this.#db
      .selectFrom('drill_entries')
      .selectAll()
      .where('drill_id', '=', drillId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .execute();
    return rows.map((entry) => ({
      seq: entry.seq,
      atMs: entry.at_ms,
      scenarioMs: entry.scenario_ms,
      playedMs: entry.played_ms,
      actorId: entry.actor_id,
      what: JSON.parse(entry.document) as DrillEntry['what'],
    }));
  }

  /** Of the newest entry; 0 for a drill that does not exist. */
  async lastSeq(drillId: string): Promise<number> {
    const last = await this.#db
      .selectFrom('drill_entries')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('drill_id', '=', drillId)
      .executeTakeFirst();
    return last?.seq ?? 0;
  }

  /** The newest first. */
  async list(limit: number): Promise<readonly { readonly id: string; readonly lastSeq: number }[]> {
    const rows = await this.#db
      .selectFrom('drills')
      .select((eb) => [
        'id',
        eb
          .selectFrom('drill_entries')
          .select(({ fn }) => fn.max('seq').as('seq'))
          .whereRef('drill_id', '=', 'drills.id')
          .as('last_seq'),
      ])
      .orderBy('created_at_ms', 'desc')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id, last_seq: lastSeq }) => ({ id, lastSeq: lastSeq ?? 0 }));
  }

  /** Ended at that time or later, the oldest first. */
  async listEndedSince(sinceMs: number): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('drills').select('id').where('ended_at_ms', '>=', sinceMs).orderBy('ended_at_ms').execute();
    return rows.map(({ id }) => id);
  }

  async listUnended(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('drills').select('id').where('ended_at_ms', 'is', null).orderBy('created_at_ms').execute();
    return rows.map(({ id }) => id);
  }
}

function rowsOf(drillId: string, entries: readonly DrillEntry[]) {
  return entries.map((entry) => ({
    drill_id: drillId,
    seq: entry.seq,
    at_ms: entry.atMs,
    scenario_ms: entry.scenarioMs,
    played_ms: entry.playedMs,
    actor_id: entry.actorId,
    document: JSON.stringify(entry.what),
  }));
}
