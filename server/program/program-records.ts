import type { ImportKind, SaveProgramme } from '../contract/program.ts';
import { saveProgrammeSchema } from '../contract/program.ts';
import type { WorkloadMeasurement } from '../../labs/lab-stage.ts';
import type { Db, ImportRow } from '../store/schema.ts';
import type { ImportedRow } from './csv-import.ts';
import type { MeasuredCost } from './program-facts.ts';

/** Bounds what one statement takes: SQLite allows 32,766 values in it. */
const ROWS_A_STATEMENT = 1_000;

/** Programmes by their cohort, and rows from elsewhere by their import. */
export class ProgramRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async programmes(): Promise<ReadonlyMap<string, SaveProgramme>> {
    const rows = await this.#db.selectFrom('programmes').selectAll().execute();
    return new Map(rows.map((row) => [row.cohort_id, saveProgrammeSchema.parse(JSON.parse(row.document))]));
  }

  async save(cohortId: string, programme: SaveProgramme): Promise<void> {
    const row = { cohort_id: cohortId, document: JSON.stringify(programme) };
    await this.#db
      .insertInto('programmes')
      .values(row)
      .onConflict((conflict) => conflict.column('cohort_id').doUpdateSet({ document: row.document }))
      .execute();
  }

  /** The newest first. */
  async imports(): Promise<ImportRow[]> {
    return this.#db.selectFrom('imports').selectAll().orderBy('at_ms', 'desc').orderBy('id').execute();
  }

  async rows(kind: ImportKind): Promise<ImportedRow[]> {
    const rows = await this.#db.selectFrom('import_rows').selectAll().where('kind', '=', kind).orderBy('at_ms').execute();
    return rows.map((row) => ({ id: row.row_id, atMs: row.at_ms, team: row.team, failed: row.failed === null ? null : row.failed === 1 }));
  }

  /** Which of these are known from this source already. */
  async known(kind: ImportKind, source: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found: string[] = [];
    for (let from = 0; from < ids.length; from += ROWS_A_STATEMENT) {
      const rows = await this.#db
        .selectFrom('import_rows')
        .select('row_id')
        .where('kind', '=', kind)
        .where('source', '=', source)
        .where('row_id', 'in', ids.slice(from, from + ROWS_A_STATEMENT))
        .execute();
      found.push(...rows.map((row) => row.row_id));
    }
    return new Set(found);
  }

  /** All or nothing. Rows that came in meanwhile from the same source are left as they are. */
  async keep(entry: ImportRow, rows: readonly ImportedRow[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.insertInto('imports').values(entry).execute();
      for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
        await tx
          .insertInto('import_rows')
          .values(
            rows.slice(from, from + ROWS_A_STATEMENT).map((row) => ({
              kind: entry.kind,
              source: entry.source,
              row_id: row.id,
              import_id: entry.id,
              at_ms: row.atMs,
              team: row.team,
              failed: row.failed === null ? null : Number(row.failed),
            })),
          )
          .onConflict((conflict) => conflict.doNothing())
          .execute();
    });
  }

  /** Takes an import back with its rows; false when it is not there. */
  async remove(importId: string): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('import_rows').where('import_id', '=', importId).execute();
      const { numDeletedRows } = await tx.deleteFrom('imports').where('id', '=', importId).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    });
  }

  /** Of each attempt the last run that cost something. */
  async costs(): Promise<MeasuredCost[]> {
    const rows = await this.#db
      .selectFrom('measurements')
      .select(['attempt_id', 'finished_at_ms', 'workloads'])
      .where('finished_at_ms', 'is not', null)
      .where('reason', 'is', null)
      .orderBy('number')
      .execute();
    const last = new Map<string, MeasuredCost>();
    for (const row of rows) {
      const usd = costOf(JSON.parse(row.workloads) as readonly WorkloadMeasurement[]);
      if (usd !== undefined) last.set(row.attempt_id, { attemptId: row.attempt_id, atMs: row.finished_at_ms ?? 0, usd });
    }
    return [...last.values()];
  }
}

/** The mean over the run's workloads, by how much was asked in each. */
function costOf(workloads: readonly WorkloadMeasurement[]): number | undefined {
  const paid = workloads.flatMap(({ figures }) =>
    figures?.usdPerThousandRequests === null || figures === null
      ? []
      : [{ requests: figures.requests, usd: figures.usdPerThousandRequests }],
  );
  const requests = paid.reduce((sum, one) => sum + one.requests, 0);
  return requests === 0 ? undefined : paid.reduce((sum, one) => sum + one.usd * one.requests, 0) / requests;
}
