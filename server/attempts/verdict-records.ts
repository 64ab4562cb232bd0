import type { Scorecard } from '../../grader/verdict.ts';
import { againOnDuplicate } from '../store/again-on-duplicate.ts';
import type { Db, Tx } from '../store/schema.ts';
import type { EvidenceChain } from './evidence-chain.ts';

export interface StoredVerdict {
  readonly gradedAtMs: number;
  readonly scorecard: Scorecard;
  readonly restoredAfterMs: number | null;
}

export interface StoredOverride {
  readonly atMs: number;
  readonly byId: string;
  readonly outcome: 'passed' | 'failed';
  readonly reason: string;
}

/** Verdicts of the grader and what people said against them. Both are kept; the last override holds. */
export class VerdictRecords {
  readonly #db: Db;
  readonly #evidence: EvidenceChain;

  constructor(db: Db, evidence: EvidenceChain) {
    this.#db = db;
    this.#evidence = evidence;
  }

  async verdict(attemptId: string): Promise<StoredVerdict | undefined> {
    const row = await this.#db.selectFrom('verdicts').selectAll().where('attempt_id', '=', attemptId).executeTakeFirst();
    if (row === undefined) return undefined;
    return { gradedAtMs: row.graded_at_ms, scorecard: JSON.parse(row.scorecard) as Scorecard, restoredAfterMs: row.restored_after_ms };
  }

  async override(attemptId: string): Promise<StoredOverride | undefined> {
    const row = await this.#db
      .selectFrom('overrides')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : { atMs: row.at_ms, byId: row.by_id, outcome: row.outcome, reason: row.reason };
  }

  /** What is `along` is stored in the same transaction: rows `before` it, and evidence `after` its own. */
  async addOverride(
    attemptId: string,
    override: StoredOverride,
    along: { readonly before?: (tx: Tx) => Promise<void>; readonly after?: (tx: Tx) => Promise<unknown> } = {},
  ): Promise<void> {
    const add = (): Promise<void> =>
      this.#db.transaction().execute(async (tx) => {
        await along.before?.(tx);
        const last = await tx
          .selectFrom('overrides')
          .select((eb) => eb.fn.max('seq').as('seq'))
          .where('attempt_id', '=', attemptId)
          .executeTakeFirst();
        await tx
          .insertInto('overrides')
          .values({
            attempt_id: attemptId,
            seq: (last?.seq ?? 0) + 1,
            at_ms: override.atMs,
            by_id: override.byId,
            outcome: override.outcome,
            reason: override.reason,
          })
          .execute();
        await this.#evidence.append(tx, { attemptId, kind: 'override', atMs: override.atMs, payload: override });
        await along.after?.(tx);
      });
    await this.#evidence.exclusive(() => againOnDuplicate(add));
  }

  /** What the grade list needs of all verdicts, without their evidence. */
  async summaries(): Promise<ReadonlyMap<string, { outcome: string; restoredAfterMs: number | null }>> {
    const rows = await this.#db.selectFrom('verdicts').select(['attempt_id', 'outcome', 'restored_after_ms']).execute();
    return new Map(rows.map((row) => [row.attempt_id, { outcome: row.outcome, restoredAfterMs: row.restored_after_ms }]));
  }

  async overrides(): Promise<ReadonlyMap<string, 'passed' | 'failed'>> {
    const rows = await this.#db.selectFrom('overrides').select(['attempt_id', 'outcome']).orderBy('seq').execute();
    return new Map(rows.map((row) => [row.attempt_id, row.outcome]));
  }
}
