import { DAY_MS } from '../clock.ts';
import type { Db } from '../store/schema.ts';

/** Which server keeps which attempt going, and when each was last alive. Outlives Redis and every server: it says what a clock is owed. */
export class HolderRecords {
  readonly #db: Db;
  readonly #serverId: string;

  /** `serverId`: another one with every start. */
  constructor(db: Db, serverId: string) {
    this.#db = db;
    this.#serverId = serverId;
  }

  async noteAlive(atMs: number): Promise<void> {
    await this.#db
      .insertInto('servers')
      .values({ id: this.#serverId, alive_at_ms: atMs })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ alive_at_ms: atMs }))
      .execute();
  }

  async noteHeld(attemptId: string): Promise<void> {
    await this.#db
      .insertInto('attempt_holders')
      .values({ attempt_id: attemptId, server_id: this.#serverId })
      .onConflict((conflict) => conflict.column('attempt_id').doUpdateSet({ server_id: this.#serverId }))
      .execute();
  }

  /** When the server that held the attempt last was alive; undefined when nobody held it yet. */
  async lastAliveOf(attemptId: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('attempt_holders')
      .innerJoin('servers', 'servers.id', 'attempt_holders.server_id')
      .select('servers.alive_at_ms')
      .where('attempt_id', '=', attemptId)
      .executeTakeFirst();
    return row?.alive_at_ms;
  }

  async forget(attemptId: string): Promise<void> {
    await this.#db.deleteFrom('attempt_holders').where('attempt_id', '=', attemptId).execute();
  }

  /** Servers that went long ago and hold nothing. */
  async prune(nowMs: number): Promise<void> {
    await this.#db
      .deleteFrom('servers')
      .where('alive_at_ms', '<', nowMs - DAY_MS)
      .where('id', 'not in', (eb) => eb.selectFrom('attempt_holders').select('server_id'))
      .execute();
  }
}
