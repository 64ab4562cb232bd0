import type { WorkloadMeasurement } from '../../labs/lab-stage.ts';
import { AppError } from '../app-error.ts';
import type { Db, MeasurementsTable } from '../store/schema.ts';

/** Enough for every idea that a lab gives, and a bound on what an attempt can keep. */
export const MAX_RUNS = 40;

export interface StoredRun {
  readonly number: number;
  readonly label: string;
  readonly byId: string;
  readonly startedAtMs: number;
  /** Null while it is under way. */
  readonly finishedAtMs: number | null;
  /** Why nothing was measured; null when something was. */
  readonly reason: string | null;
  readonly workloads: readonly WorkloadMeasurement[];
}

/** Measured runs of attempts. Numbers are given out to whoever holds the attempt's lease for it, one run at a time. */
export class MeasurementRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The oldest first. */
  async list(attemptId: string): Promise<readonly StoredRun[]> {
    const rows = await this.#db.selectFrom('measurements').selectAll().where('attempt_id', '=', attemptId).orderBy('number').execute();
    return rows.map(toRun);
  }

  /** Keeps that a run has begun. Throws Conflict when the attempt has used up its runs, DuplicateKeyError when another server began one at the same moment. */
  async begin(attemptId: string, run: { readonly label: string; readonly byId: string; readonly nowMs: number }): Promise<StoredRun> {
    return this.#db.transaction().execute(async (tx) => {
      const last = await tx
        .selectFrom('measurements')
        .select((eb) => eb.fn.max('number').as('number'))
        .where('attempt_id', '=', attemptId)
        .executeTakeFirst();
      const number = (last?.number ?? 0) + 1;
      if (number > MAX_RUNS)
        throw new AppError('Conflict', `${MAX_RUNS} runs have been measured in this attempt, and that is all it has.`, {
          remedy: 'Compare those that there are. The scripts in the workspace measure as often as you like.',
        });
      const row: MeasurementsTable = {
        attempt_id: attemptId,
        number,
        label: run.label === '' ? `Run ${number}` : run.label,
        by_id: run.byId,
        started_at_ms: run.nowMs,
        finished_at_ms: null,
        reason: null,
        workloads: '[]',
      };
      await tx.insertInto('measurements').values(row).execute();
      return toRun(row);
    });
  }

  /** What is over already stays as it ended. */
  async finish(
    attemptId: string,
    number: number,
    outcome: { readonly atMs: number; readonly reason: string | null; readonly workloads: readonly WorkloadMeasurement[] },
  ): Promise<void> {
    await this.#db
      .updateTable('measurements')
      .set({ finished_at_ms: outcome.atMs, reason: outcome.reason, workloads: JSON.stringify(outcome.workloads) })
      .where('attempt_id', '=', attemptId)
      .where('number', '=', number)
      .where('finished_at_ms', 'is', null)
      .execute();
  }

  /** Attempts with a run that is under way, or was when its server ended. */
  async listUnfinished(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('measurements').select('attempt_id').distinct().where('finished_at_ms', 'is', null).execute();
    return rows.map((row) => row.attempt_id);
  }

  /** What was under way when its server ended is not under way any more. */
  async endUnfinished(attemptId: string, atMs: number, reason: string): Promise<void> {
    await this.#db
      .updateTable('measurements')
      .set({ finished_at_ms: atMs, reason })
      .where('attempt_id', '=', attemptId)
      .where('finished_at_ms', 'is', null)
      .execute();
  }
}

function toRun(row: MeasurementsTable): StoredRun {
  return {
    number: row.number,
    label: row.label,
    byId: row.by_id,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
    reason: row.reason,
    workloads: JSON.parse(row.workloads) as WorkloadMeasurement[],
  };
}
