import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { notFound } from '../app-error.ts';
import { toInstant } from '../clock.ts';
import type { Recording } from '../contract/attempts.ts';
import type { Db } from '../store/schema.ts';
import type { RecordingStore } from './recording-store.ts';
import { readTypedLines, TypedChanges, type TypedChange } from './typed-changes.ts';

/** Enough of a recording's end to hold its last whole line: one flush of recorded output, escaped. */
const END_BYTES = 1024 * 1024;

/** Recordings of terminals: rows in the database, their bytes in a store of their own. */
export class Recordings {
  readonly #db: Db;
  readonly #store: RecordingStore;
  readonly #typed: TypedChanges;

  constructor(db: Db, store: RecordingStore) {
    this.#db = db;
    this.#store = store;
    this.#typed = new TypedChanges(store);
  }

  async list(attemptId: string): Promise<Recording[]> {
    const rows = await this.#db.selectFrom('recordings').selectAll().where('attempt_id', '=', attemptId).orderBy('started_at_ms').execute();
    const recordings = await Promise.all(
      rows.map(async (row) => {
        const { bytes, durationMs } = await measure(this.#store, row.terminal_id);
        return { id: row.id, terminalTitle: row.terminal_title, startedAt: toInstant(row.started_at_ms), durationMs, bytes };
      }),
    );
    return recordings.filter((recording) => recording.bytes > 0);
  }

  /** What was typed in the attempt's terminals that changes the cluster, in the order of time. */
  async typedChanges(attemptId: string): Promise<readonly TypedChange[]> {
    const rows = await this.#db.selectFrom('recordings').select('terminal_id').where('attempt_id', '=', attemptId).execute();
    const changes = await Promise.all(rows.map((row) => this.#typed.of(row.terminal_id)));
    return changes.flat().sort((a, b) => a.atMs - b.atMs);
  }

  /** What `pick` makes of each line that was typed in the attempt's terminals; at most so many of each terminal. Read anew each time. */
  async readTyped<T extends { readonly atMs: number }>(
    attemptId: string,
    limit: number,
    pick: (typed: string, atMs: number) => readonly T[],
  ): Promise<readonly T[]> {
    const rows = await this.#db.selectFrom('recordings').select('terminal_id').where('attempt_id', '=', attemptId).execute();
    const found = await Promise.all(rows.map((row) => readTypedLines(this.#store, row.terminal_id, limit, pick)));
    return found.flat().sort((a, b) => a.atMs - b.atMs);
  }

  async find(id: string): Promise<{ attemptId: string; openStream: () => Readable }> {
    const row = await this.#db.selectFrom('recordings').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('recording');
    return { attemptId: row.attempt_id, openStream: () => Readable.from(this.#store.read(row.terminal_id)) };
  }
}

/** Each line begins with its seconds since the start. */
async function measure(store: RecordingStore, terminalId: string): Promise<{ bytes: number; durationMs: number }> {
  const bytes = (await store.size(terminalId)) ?? 0;
  const end = await text(Readable.from(store.read(terminalId, Math.max(0, bytes - END_BYTES), bytes)));
  const seconds = Number(/\n\[(\d+(?:\.\d+)?),[^\n]*\n?$/.exec(end)?.[1] ?? 0);
  return { bytes, durationMs: Math.round(seconds * 1000) };
}
