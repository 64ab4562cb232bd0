import { createReadStream, type ReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { notFound } from '../app-error.ts';
import { toInstant } from '../clock.ts';
import type { Recording } from '../contract/attempts.ts';
import type { Db } from '../store/schema.ts';
import { recordingFiles } from './recorder.ts';
import { readTypedLines, TypedChanges, type TypedChange } from './typed-changes.ts';

/** Enough of a file's end to hold its last whole line: one flush of recorded output, escaped. */
const END_BYTES = 256 * 1024;

/** Recordings of terminals: rows in the store, the bytes in files. */
export class Recordings {
  readonly #db: Db;
  readonly #dataDir: string;
  readonly #typed = new TypedChanges();

  constructor(db: Db, dataDir: string) {
    this.#db = db;
    this.#dataDir = dataDir;
  }

  async list(attemptId: string): Promise<Recording[]> {
    const rows = await this.#db.selectFrom('recordings').selectAll().where('attempt_id', '=', attemptId).orderBy('started_at_ms').execute();
    const recordings = await Promise.all(
      rows.map(async (row) => {
        const { bytes, durationMs } = await measure(recordingFiles(this.#dataDir, row.terminal_id).cast);
        return { id: row.id, terminalTitle: row.terminal_title, startedAt: toInstant(row.started_at_ms), durationMs, bytes };
      }),
    );
    return recordings.filter((recording) => recording.bytes > 0);
  }

  /** What was typed in the attempt's terminals that changes the cluster, in the order of time. */
  async typedChanges(attemptId: string): Promise<readonly TypedChange[]> {
    const rows = await this.#db.selectFrom('recordings').select('terminal_id').where('attempt_id', '=', attemptId).execute();
    const changes = await Promise.all(rows.map((row) => this.#typed.of(recordingFiles(this.#dataDir, row.terminal_id).cast)));
    return changes.flat().sort((a, b) => a.atMs - b.atMs);
  }

  /** What `pick` makes of each line that was typed in the attempt's terminals; at most so many of each terminal. Read anew each time. */
  async readTyped<T extends { readonly atMs: number }>(
    attemptId: string,
    limit: number,
    pick: (typed: string, atMs: number) => readonly T[],
  ): Promise<readonly T[]> {
    const rows = await this.#db.selectFrom('recordings').select('terminal_id').where('attempt_id', '=', attemptId).execute();
    const found = await Promise.all(rows.map((row) => readTypedLines(recordingFiles(this.#dataDir, row.terminal_id).cast, limit, pick)));
    return found.flat().sort((a, b) => a.atMs - b.atMs);
  }

  async find(id: string): Promise<{ attemptId: string; openStream: () => ReadStream }> {
    const row = await this.#db.selectFrom('recordings').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('recording');
    return { attemptId: row.attempt_id, openStream: () => createReadStream(recordingFiles(this.#dataDir, row.terminal_id).cast) };
  }
}

/** A file that is missing counts as empty. Each line begins with its seconds since the start. */
async function measure(file: string): Promise<{ bytes: number; durationMs: number }> {
  try {
    const { size } = await stat(file);
    const end = await readEnd(file, size);
    const seconds = Number(/\n\[(\d+(?:\.\d+)?),[^\n]*\n?$/.exec(end)?.[1] ?? 0);
    return { bytes: size, durationMs: Math.round(seconds * 1000) };
  } catch {
    return { bytes: 0, durationMs: 0 };
  }
}

async function readEnd(file: string, size: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const length = Math.min(size, END_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
