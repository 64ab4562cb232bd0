import { AppError, notFound } from '../app-error.ts';
import { MAX_COMMENTS, type CommentPlace } from '../contract/artefacts.ts';
import { newId } from '../ids.ts';
import type { ArtefactCommentRow, Db, Tx } from '../store/schema.ts';
import type { Where } from './artefact-records.ts';

export interface NewComment {
  readonly byId: string;
  readonly atMs: number;
  readonly text: string;
}

/** What was said about artefacts. Nothing said is changed or taken away. */
export class CommentRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** In the order they were written. */
  async list({ attemptId, artefactId }: Where): Promise<ArtefactCommentRow[]> {
    return this.#db
      .selectFrom('artefact_comments')
      .selectAll()
      .where('attempt_id', '=', attemptId)
      .where('artefact_id', '=', artefactId)
      .orderBy('seq')
      .execute();
  }

  async begin(where: Where, comment: NewComment & { readonly version: number; readonly place: CommentPlace | null }): Promise<void> {
    await this.#add(where, comment, (id) => ({
      thread_id: id,
      version: comment.version,
      place: comment.place === null ? null : JSON.stringify(comment.place),
    }));
  }

  /** A thread that was resolved is open again once somebody answers. */
  async reply(where: Where, threadId: string, comment: NewComment): Promise<void> {
    const { version } = await this.#requireThread(where, threadId);
    await this.#add(where, comment, () => ({ thread_id: threadId, version, place: null }));
    await this.resolve(where, threadId, null);
  }

  async resolve(where: Where, threadId: string, by: { readonly byId: string; readonly atMs: number } | null): Promise<void> {
    await this.#requireThread(where, threadId);
    await this.#db
      .updateTable('artefact_comments')
      .set({ resolved_at_ms: by?.atMs ?? null, resolved_by: by?.byId ?? null })
      .where('id', '=', threadId)
      .execute();
  }

  /** Throws NotFound for a comment that begins no thread, and for one of another artefact. */
  async #requireThread({ attemptId, artefactId }: Where, threadId: string): Promise<ArtefactCommentRow> {
    const row = await this.#db.selectFrom('artefact_comments').selectAll().where('id', '=', threadId).executeTakeFirst();
    if (row?.thread_id !== threadId || row.attempt_id !== attemptId || row.artefact_id !== artefactId) throw notFound('comment');
    return row;
  }

  async #add(
    { attemptId, artefactId }: Where,
    { byId, atMs, text }: NewComment,
    placeOf: (id: string) => Pick<ArtefactCommentRow, 'thread_id' | 'version' | 'place'>,
  ): Promise<void> {
    const id = newId('comment');
    await this.#db.transaction().execute(async (tx) => {
      await holdArtefact(tx, { attemptId, artefactId });
      const last = await tx
        .selectFrom('artefact_comments')
        .select((eb) => eb.fn.max('seq').as('seq'))
        .where('attempt_id', '=', attemptId)
        .where('artefact_id', '=', artefactId)
        .executeTakeFirst();
      const seq = (last?.seq ?? 0) + 1;
      if (seq > MAX_COMMENTS)
        throw new AppError('Conflict', `There are ${MAX_COMMENTS} comments, which is as many as are kept.`, {
          remedy: 'Talk to each other; then accept it or return it.',
        });
      await tx
        .insertInto('artefact_comments')
        .values({
          id,
          attempt_id: attemptId,
          artefact_id: artefactId,
          seq,
          ...placeOf(id),
          at_ms: atMs,
          by_id: byId,
          text,
          resolved_at_ms: null,
          resolved_by: null,
        })
        .execute();
    });
  }
}

/** Holds the artefact's row until the transaction ends, so that comments are numbered one after the other. Nothing is changed by it. */
async function holdArtefact(tx: Tx, { attemptId, artefactId }: Where): Promise<void> {
  await tx
    .updateTable('artefacts')
    .set((eb) => ({ revision: eb.ref('revision') }))
    .where('attempt_id', '=', attemptId)
    .where('artefact_id', '=', artefactId)
    .execute();
}
