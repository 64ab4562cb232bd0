import { fitContent, type ArtefactContent, type WrittenArtefact } from '../../grader/artefacts/artefact.ts';
import type { OfferedArtefact } from '../../labs/lab-stage.ts';
import { AppError, notFound } from '../app-error.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import { againOnDuplicate } from '../store/again-on-duplicate.ts';
import type { ArtefactRatingsTable, ArtefactsTable, ArtefactVersionsTable, Db, Tx } from '../store/schema.ts';
import { planSave } from './version-plan.ts';

/** Older versions are let go beyond this, but never one that was submitted. */
const MAX_VERSIONS = 60;

export interface StoredVersion {
  readonly version: number;
  readonly byId: string;
  readonly startedAtMs: number;
  readonly savedAtMs: number;
  readonly submitted: boolean;
}

export interface StoredRating {
  readonly version: number;
  readonly atMs: number;
  readonly byId: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly comment: string;
  readonly accepted: boolean;
}

export interface StoredArtefact {
  readonly id: string;
  readonly offered: OfferedArtefact;
  readonly revision: number;
  readonly newest: (StoredVersion & { readonly content: ArtefactContent }) | undefined;
  readonly submitted: { readonly version: number; readonly atMs: number } | undefined;
  readonly rating: StoredRating | undefined;
}

export interface Where {
  readonly attemptId: string;
  readonly artefactId: string;
}

/** What is written in attempts: what was offered when the sandbox was made, versions, submissions and ratings. */
export class ArtefactRecords {
  readonly #db: Db;
  readonly #evidence: EvidenceChain;

  constructor(db: Db, evidence: EvidenceChain) {
    this.#db = db;
    this.#evidence = evidence;
  }

  /** Keeps what is to be written as the lab has it now. Again for the same attempt: what was written stays. */
  async offer(attemptId: string, offered: readonly OfferedArtefact[]): Promise<void> {
    if (offered.length === 0) return;
    const rows = offered.map((offer, position) => ({
      attempt_id: attemptId,
      artefact_id: offer.definition.id,
      position,
      offered: JSON.stringify(offer),
      revision: 0,
      submitted_version: null,
      submitted_at_ms: null,
    }));
    await this.#db
      .insertInto('artefacts')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['attempt_id', 'artefact_id']).doNothing())
      .execute();
  }

  async list(attemptId: string): Promise<readonly StoredArtefact[]> {
    const rows = await this.#db.selectFrom('artefacts').selectAll().where('attempt_id', '=', attemptId).orderBy('position').execute();
    return Promise.all(rows.map((row) => complete(this.#db, row)));
  }

  require(where: Where): Promise<StoredArtefact> {
    return requireArtefact(this.#db, where);
  }

  /** What the grader judges: the newest that was kept. */
  async fetchWritten(attemptId: string, artefactId: string): Promise<WrittenArtefact | undefined> {
    const stored = (await this.list(attemptId)).find(({ id }) => id === artefactId);
    return stored?.newest === undefined ? undefined : { definition: stored.offered.definition, content: stored.newest.content };
  }

  /** Throws Conflict when it is not at revision `basedOn` any more: two windows must not write over each other. */
  async save(where: Where, change: { basedOn: number; content: ArtefactContent; byId: string; nowMs: number }): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const { offered, newest } = await requireArtefact(tx, where);
      const content = fitContent(offered.definition, change.content);
      const plan = planSave(newest, content, change.byId, change.nowMs);
      if (plan.kind === 'nothing') return;
      await advance(tx, where, change.basedOn);
      const saved = { saved_at_ms: change.nowMs, content: JSON.stringify(content) };
      if (plan.kind === 'rewrite') {
        await tx
          .updateTable('artefact_versions')
          .set(saved)
          .where('attempt_id', '=', where.attemptId)
          .where('artefact_id', '=', where.artefactId)
          .where('version', '=', plan.version)
          .execute();
        return;
      }
      await tx
        .insertInto('artefact_versions')
        .values({ ...keyOf(where), version: plan.version, by_id: change.byId, started_at_ms: change.nowMs, submitted: 0, ...saved })
        .execute();
      await tx
        .deleteFrom('artefact_versions')
        .where('attempt_id', '=', where.attemptId)
        .where('artefact_id', '=', where.artefactId)
        .where('submitted', '=', 0)
        .where('version', '<=', plan.version - MAX_VERSIONS)
        .execute();
    });
  }

  /** Throws Conflict when nothing was written, or when it is not at revision `basedOn`. */
  async submit(where: Where, basedOn: number, nowMs: number): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const { newest } = await requireArtefact(tx, where);
      if (newest === undefined)
        throw new AppError('Conflict', 'Nothing has been written yet.', { remedy: 'Write something, then submit it.' });
      await advance(tx, where, basedOn);
      await markSubmitted(tx, where, newest.version, nowMs);
    });
  }

  /** With the verdict all that was kept counts as submitted. Part of the verdict's own transaction. */
  async submitAll(tx: Tx, attemptId: string, nowMs: number): Promise<void> {
    const newest = await tx
      .selectFrom('artefact_versions')
      .select(['artefact_id', (eb) => eb.fn.max('version').as('version')])
      .where('attempt_id', '=', attemptId)
      .groupBy('artefact_id')
      .execute();
    for (const row of newest) await markSubmitted(tx, { attemptId, artefactId: row.artefact_id }, row.version, nowMs);
  }

  /** The newest first. */
  async versions({ attemptId, artefactId }: Where): Promise<readonly StoredVersion[]> {
    const rows = await this.#db
      .selectFrom('artefact_versions')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .where('artefact_id', '=', artefactId)
      .orderBy('version', 'desc')
      .execute();
    return rows.map(toVersion);
  }

  async content({ attemptId, artefactId }: Where, version: number): Promise<ArtefactContent> {
    const row = await this.#db
      .selectFrom('artefact_versions')
      .select('content')
      .where('attempt_id', '=', attemptId)
      .where('artefact_id', '=', artefactId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (row === undefined) throw notFound('version');
    return JSON.parse(row.content) as ArtefactContent;
  }

  /** All there ever were, the newest first. */
  async ratings({ attemptId, artefactId }: Where): Promise<readonly StoredRating[]> {
    const rows = await this.#db
      .selectFrom('artefact_ratings')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .where('artefact_id', '=', artefactId)
      .orderBy('seq', 'desc')
      .execute();
    return rows.map(toRating);
  }

  /** Kept beside all earlier ones, and linked into the chain of evidence, because certificates rest on it. */
  async rate({ attemptId, artefactId }: Where, rating: StoredRating): Promise<void> {
    const add = (): Promise<void> =>
      this.#db.transaction().execute(async (tx) => {
        const last = await tx
          .selectFrom('artefact_ratings')
          .select((eb) => eb.fn.max('seq').as('seq'))
          .where('attempt_id', '=', attemptId)
          .where('artefact_id', '=', artefactId)
          .executeTakeFirst();
        await tx
          .insertInto('artefact_ratings')
          .values({
            ...keyOf({ attemptId, artefactId }),
            seq: (last?.seq ?? 0) + 1,
            version: rating.version,
            at_ms: rating.atMs,
            by_id: rating.byId,
            scores: JSON.stringify(rating.scores),
            comment: rating.comment,
            accepted: rating.accepted ? 1 : 0,
          })
          .execute();
        const payload = { artefactId, ...rating };
        await this.#evidence.append(tx, { attemptId, kind: 'artefact-rating', atMs: rating.atMs, payload });
      });
    await this.#evidence.exclusive(() => againOnDuplicate(add));
  }
}

/** Within a transaction by its own connection: SQLite has but one. */
async function requireArtefact(db: Db, { attemptId, artefactId }: Where): Promise<StoredArtefact> {
  const row = await db
    .selectFrom('artefacts')
    .selectAll()
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('artefact in this attempt');
  return complete(db, row);
}

async function complete(db: Db, row: ArtefactsTable): Promise<StoredArtefact> {
  const { attempt_id: attemptId, artefact_id: artefactId } = row;
  const newest = await newestVersion(db, { attemptId, artefactId });
  const rating = await newestRating(db, { attemptId, artefactId });
  return {
    id: artefactId,
    offered: JSON.parse(row.offered) as OfferedArtefact,
    revision: row.revision,
    newest: newest === undefined ? undefined : { ...toVersion(newest), content: JSON.parse(newest.content) as ArtefactContent },
    submitted:
      row.submitted_version === null || row.submitted_at_ms === null
        ? undefined
        : { version: row.submitted_version, atMs: row.submitted_at_ms },
    rating: rating === undefined ? undefined : toRating(rating),
  };
}

function newestVersion(db: Db, { attemptId, artefactId }: Where): Promise<ArtefactVersionsTable | undefined> {
  return db
    .selectFrom('artefact_versions')
    .selectAll()
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function newestRating(db: Db, { attemptId, artefactId }: Where): Promise<ArtefactRatingsTable | undefined> {
  return db
    .selectFrom('artefact_ratings')
    .selectAll()
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function advance(tx: Tx, { attemptId, artefactId }: Where, basedOn: number): Promise<void> {
  const result = await tx
    .updateTable('artefacts')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .where('revision', '=', basedOn)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n)
    throw new AppError('Conflict', 'It was changed in another window meanwhile.', {
      remedy: 'Copy what you wrote here, reload the page and put it in again.',
    });
}

async function markSubmitted(tx: Tx, { attemptId, artefactId }: Where, version: number, nowMs: number): Promise<void> {
  await tx
    .updateTable('artefacts')
    .set({ submitted_version: version, submitted_at_ms: nowMs })
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    // What was submitted before keeps its time.
    .where((eb) => eb.or([eb('submitted_version', 'is', null), eb('submitted_version', '<', version)]))
    .execute();
  await tx
    .updateTable('artefact_versions')
    .set({ submitted: 1 })
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .where('version', '=', version)
    .execute();
}

function keyOf({ attemptId, artefactId }: Where): { attempt_id: string; artefact_id: string } {
  return { attempt_id: attemptId, artefact_id: artefactId };
}

function toVersion(row: ArtefactVersionsTable): StoredVersion {
  return {
    version: row.version,
    byId: row.by_id,
    startedAtMs: row.started_at_ms,
    savedAtMs: row.saved_at_ms,
    submitted: row.submitted === 1,
  };
}

function toRating(row: ArtefactRatingsTable): StoredRating {
  return {
    version: row.version,
    atMs: row.at_ms,
    byId: row.by_id,
    scores: JSON.parse(row.scores) as Record<string, number>,
    comment: row.comment,
    accepted: row.accepted === 1,
  };
}
