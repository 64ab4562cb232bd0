import type { EngineSample, IncidentRecord, StatusUpdate } from '../../grader/incidents/status-update.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { limitFactor } from '../attempts/extra-time.ts';
import { Semaphore } from '../semaphore.ts';
import { againOnDuplicate } from '../store/again-on-duplicate.ts';
import type { Db, Tx } from '../store/schema.ts';

/** A status update with who wrote it. */
export interface StoredUpdate extends StatusUpdate {
  readonly byId: string;
}

/** What of an update is kept as one text. */
export type StatusContent = Omit<StatusUpdate, 'seq' | 'atMs'>;

/** A service that flaps is told by so many changes as well as by more. */
const MAX_SAMPLES = 500;

/** What attempts told others, and how their services were seen meanwhile. */
export class IncidentRecords {
  readonly #db: Db;
  /** Samples take turns, because each is compared with the one before. */
  readonly #turn = new Semaphore(1);

  constructor(db: Db) {
    this.#db = db;
  }

  /** Part of the transaction of the move that it is. */
  async append(tx: Tx, attemptId: string, update: StatusContent & { readonly atMs: number; readonly byId: string }): Promise<void> {
    const last = await tx
      .selectFrom('status_updates')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('attempt_id', '=', attemptId)
      .executeTakeFirst();
    const { atMs, byId, ...content } = update;
    const row = { attempt_id: attemptId, seq: (last?.seq ?? 0) + 1, at_ms: atMs, by_id: byId, content: JSON.stringify(content) };
    await tx.insertInto('status_updates').values(row).execute();
  }

  /** In the order in which they were written. */
  async updates(attemptId: string): Promise<readonly StoredUpdate[]> {
    const rows = await this.#db.selectFrom('status_updates').selectAll().where('attempt_id', '=', attemptId).orderBy('seq').execute();
    return rows.map((row) => ({ ...(JSON.parse(row.content) as StatusContent), seq: row.seq, atMs: row.at_ms, byId: row.by_id }));
  }

  async samples(attemptId: string): Promise<readonly EngineSample[]> {
    const rows = await this.#db.selectFrom('incident_samples').selectAll().where('attempt_id', '=', attemptId).orderBy('seq').execute();
    return rows.map((row) => ({ atMs: row.at_ms, failing: JSON.parse(row.failing) as string[] }));
  }

  /** Keeps a sample where it differs from the last one; a look that was `asked` for is kept in any case. */
  addSample(attemptId: string, sample: EngineSample, asked = false): Promise<void> {
    return this.#turn.run(() => againOnDuplicate(() => this.#addSample(attemptId, sample, asked)));
  }

  /** What the grader judges; undefined before the incident began. */
  async fetchRecord(attempt: Attempt, nowMs: number): Promise<IncidentRecord | undefined> {
    const { id, incidentStartedAtMs, pauses, grading, endedAtMs } = attempt;
    if (incidentStartedAtMs === null) return undefined;
    const [updates, samples] = await Promise.all([this.updates(id), this.samples(id)]);
    const isOver = attempt.state === 'grading' || hasEnded(attempt);
    return {
      updates,
      samples,
      limitFactor: limitFactor(attempt.lab.incidentMinutes, attempt.extraTime),
      clock: { startedAtMs: incidentStartedAtMs, untilMs: grading?.requestedAtMs ?? endedAtMs ?? nowMs, isOver, pauses },
    };
  }

  async #addSample(attemptId: string, { atMs, failing }: EngineSample, asked: boolean): Promise<void> {
    const last = await this.#db
      .selectFrom('incident_samples')
      .select(['seq', 'failing'])
      .where('attempt_id', '=', attemptId)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const text = JSON.stringify(failing);
    if ((!asked && last?.failing === text) || (last?.seq ?? 0) >= MAX_SAMPLES) return;
    await this.#db
      .insertInto('incident_samples')
      .values({ attempt_id: attemptId, seq: (last?.seq ?? 0) + 1, at_ms: atMs, failing: text })
      .execute();
  }
}
