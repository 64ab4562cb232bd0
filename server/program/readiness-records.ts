import type { Track } from '../contract/labs.ts';
import type { Placement, ReadinessAnswers } from '../contract/readiness.ts';
import { AppError } from '../app-error.ts';
import { holdPerson } from '../store/hold-person.ts';
import type { Db, PlacementRow, Tx } from '../store/schema.ts';

export interface StoredDraft {
  readonly version: number;
  readonly answers: ReadinessAnswers;
  readonly savedAtMs: number;
}

/** What a placement stands on: the answers of a check, as they were, or the reason that somebody gave. */
export interface PlacementDocument extends Pick<Placement, 'reasons' | 'scores' | 'version'> {
  readonly answers?: ReadinessAnswers;
}

export interface StoredPlacement {
  readonly personId: string;
  readonly seq: number;
  readonly atMs: number;
  readonly byId: string;
  readonly kind: Placement['kind'];
  readonly track: Track;
  readonly document: PlacementDocument;
}

/** Answers as they are given, and every placement there ever was. */
export class ReadinessRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async draft(personId: string): Promise<StoredDraft | undefined> {
    const row = await this.#db.selectFrom('readiness_drafts').selectAll().where('person_id', '=', personId).executeTakeFirst();
    if (row === undefined) return undefined;
    return { version: row.version, answers: JSON.parse(row.answers) as ReadinessAnswers, savedAtMs: row.saved_at_ms };
  }

  async drafts(): Promise<ReadonlyMap<string, StoredDraft>> {
    const rows = await this.#db.selectFrom('readiness_drafts').selectAll().execute();
    return new Map(
      rows.map((row) => [
        row.person_id,
        { version: row.version, answers: JSON.parse(row.answers) as ReadinessAnswers, savedAtMs: row.saved_at_ms },
      ]),
    );
  }

  /** One answer goes in among those of the same version; others are let go. */
  async saveAnswer(
    personId: string,
    given: { version: number; question: string; options: readonly string[]; nowMs: number },
  ): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('readiness_drafts').selectAll().where('person_id', '=', personId).executeTakeFirst();
      const before = row?.version === given.version ? (JSON.parse(row.answers) as ReadinessAnswers) : {};
      const kept = {
        version: given.version,
        answers: JSON.stringify({ ...before, [given.question]: given.options }),
        saved_at_ms: given.nowMs,
      };
      await tx
        .insertInto('readiness_drafts')
        .values({ person_id: personId, ...kept })
        .onConflict((conflict) => conflict.column('person_id').doUpdateSet(kept))
        .execute();
    });
  }

  /** After what was there before. A check takes the answers with it, so that the next one begins empty. Throws Conflict when they are gone: it was submitted twice. */
  async place(placement: Omit<StoredPlacement, 'seq'>): Promise<StoredPlacement> {
    return this.#db.transaction().execute(async (tx) => {
      await holdPerson(tx, placement.personId);
      if (placement.kind === 'check') await takeDraft(tx, placement.personId);
      const last = await tx
        .selectFrom('placements')
        .select((eb) => eb.fn.max('seq').as('seq'))
        .where('person_id', '=', placement.personId)
        .executeTakeFirst();
      const seq = (last?.seq ?? 0) + 1;
      await tx
        .insertInto('placements')
        .values({
          person_id: placement.personId,
          seq,
          at_ms: placement.atMs,
          by_id: placement.byId,
          kind: placement.kind,
          track: placement.track,
          document: JSON.stringify(placement.document),
        })
        .execute();
      return { ...placement, seq };
    });
  }

  /** The newest first. @param personId absent: everybody's */
  async placements(personId?: string): Promise<StoredPlacement[]> {
    let query = this.#db.selectFrom('placements').selectAll().orderBy('person_id').orderBy('seq', 'desc');
    if (personId !== undefined) query = query.where('person_id', '=', personId);
    return (await query.execute()).map(toPlacement);
  }

  /** The track that holds, of everybody who was placed. */
  async tracks(): Promise<ReadonlyMap<string, Track>> {
    const rows = await this.#db.selectFrom('placements').select(['person_id', 'kind', 'track']).orderBy('seq').execute();
    const held = new Map<string, { kind: Placement['kind']; track: Track }>();
    for (const { person_id: personId, kind, track } of rows)
      if (kind === 'overruled' || held.get(personId)?.kind !== 'overruled') held.set(personId, { kind, track });
    return new Map([...held].map(([personId, { track }]) => [personId, track]));
  }
}

/** What holds of a person's placements, the newest first: what somebody said last, or else the last check. Pure. */
export function currentOf<P extends Pick<StoredPlacement, 'kind'>>(newestFirst: readonly P[]): P | undefined {
  return newestFirst.find(({ kind }) => kind === 'overruled') ?? newestFirst[0];
}

async function takeDraft(tx: Tx, personId: string): Promise<void> {
  const { numDeletedRows } = await tx.deleteFrom('readiness_drafts').where('person_id', '=', personId).executeTakeFirstOrThrow();
  if (numDeletedRows === 0n)
    throw new AppError('Conflict', 'The check was finished in another window meanwhile.', { remedy: 'Reload the page to see the result.' });
}

function toPlacement(row: PlacementRow): StoredPlacement {
  return {
    personId: row.person_id,
    seq: row.seq,
    atMs: row.at_ms,
    byId: row.by_id,
    kind: row.kind,
    track: row.track,
    document: JSON.parse(row.document) as PlacementDocument,
  };
}
