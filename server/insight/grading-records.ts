import { Semaphore } from '../semaphore.ts';
import type { Db } from '../store/schema.ts';
import { readGrading, type Grading } from './grading.ts';

/** A verdict with all its evidence may be a megabyte. */
const ROWS_A_PAGE = 20;

/**
 * The chain's verdicts and regrades without their evidence, each read out of the chain once. Whatever else the chain holds is passed over. It is
 * only a copy: emptied, it is read anew.
 */
export class GradingRecords {
  readonly #db: Db;
  /** One at a time: two readers would only do the same twice. */
  readonly #turn = new Semaphore(1);

  constructor(db: Db) {
    this.#db = db;
  }

  /** By attempt, each in the order of the chain: of these attempts, or of all. */
  async list(attemptIds?: readonly string[]): Promise<ReadonlyMap<string, readonly Grading[]>> {
    // PostgreSQL takes no empty list.
    if (attemptIds?.length === 0) return new Map();
    await this.#turn.run(() => this.#readNew());
    const all = this.#db.selectFrom('gradings').select(['attempt_id', 'document']).orderBy('seq');
    const rows = await (attemptIds === undefined ? all : all.where('attempt_id', 'in', attemptIds)).execute();
    const byAttempt = new Map<string, Grading[]>();
    for (const { attempt_id: id, document } of rows) {
      const grading = JSON.parse(document) as Grading | null;
      if (grading !== null) byAttempt.set(id, [...(byAttempt.get(id) ?? []), grading]);
    }
    return byAttempt;
  }

  async #readNew(): Promise<void> {
    const last = await this.#db
      .selectFrom('gradings')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .executeTakeFirst();
    for (let seq = last?.seq ?? 0; ;) {
      const rows = await this.#db
        .selectFrom('evidence')
        .select(['seq', 'attempt_id', 'kind', 'at_ms', 'payload'])
        .where('seq', '>', seq)
        .where('kind', 'in', ['verdict', 'regrade'])
        .orderBy('seq')
        .limit(ROWS_A_PAGE)
        .execute();
      const newest = rows.at(-1);
      if (newest === undefined) return;
      await this.#db
        .insertInto('gradings')
        .values(rows.map((row) => digest(row)))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      seq = newest.seq;
    }
  }
}

function digest(row: { seq: number; attempt_id: string; kind: string; at_ms: number; payload: string }) {
  const kind = row.kind === 'regrade' ? 'regrade' : 'verdict';
  const document = JSON.stringify(readGrading(kind, row.at_ms, JSON.parse(row.payload)));
  return { seq: row.seq, attempt_id: row.attempt_id, kind, at_ms: row.at_ms, document } as const;
}
