import type { Db, Tx } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { insertReplay, saveAtOnce, saveInTransaction, type Recorded, type SaveRecorded } from './save-recorded.ts';
import { RING_BYTES, WriterReplacedError, type RecordingStore, type RecordingWriter, type Tail } from './recording-store.ts';

/** Longer than for files, because each write is a transaction. */
const FLUSH_MS = 250;
const CHUNKS_PER_PAGE = 50;
/** What could not be written is kept for the next write up to so much. */
const MAX_UNSAVED_BYTES = 1024 * 1024;
/** More than any writer shows before it is stored. */
export const RENUMBERED_BY = 2 ** 32;

/**
 * Recordings as rows that are only ever added, for servers that share a database. Who opens one gets a number, and whoever has not the newest number
 * adds nothing any more: a server that was cut off cannot write between the lines of the one that took over.
 */
export class StoredRecordings implements RecordingStore {
  readonly flushMs = FLUSH_MS;
  readonly #db: Db;
  readonly #save: SaveRecorded;

  /** With `postgres` each write is one statement, without it a transaction of several. */
  constructor(db: Db, engine: Store['engine'] = 'sqlite') {
    this.#db = db;
    this.#save = engine === 'postgres' ? (recorded) => saveAtOnce(db, recorded) : (recorded) => saveInTransaction(db, recorded);
  }

  open(terminalId: string): Promise<RecordingWriter> {
    return this.#db.transaction().execute(async (tx) => {
      const {
        writer,
        cast_bytes: castBytes,
        end_seq: endSeq,
      } = await tx
        .insertInto('recording_writers')
        .values({ terminal_id: terminalId, writer: 1, cast_bytes: 0, end_seq: 0 })
        .onConflict((conflict) => conflict.column('terminal_id').doUpdateSet((eb) => ({ writer: eb('recording_writers.writer', '+', 1) })))
        .returning(['writer', 'cast_bytes', 'end_seq'])
        .executeTakeFirstOrThrow();
      if (writer === 1) return new StoredWriter(this.#save, { terminalId, writer, castBytes, tail: { endSeq, bytes: Buffer.alloc(0) } });
      const bytes = await readTail(tx, terminalId, endSeq);
      const tail = { bytes, endSeq: endSeq + RENUMBERED_BY, formerEndSeq: endSeq };
      await tx.deleteFrom('replay_chunks').where('terminal_id', '=', terminalId).execute();
      await insertReplay(tx, { terminalId, endSeq: tail.endSeq, base64: bytes.toString('base64') });
      await tx.updateTable('recording_writers').set({ end_seq: tail.endSeq }).where('terminal_id', '=', terminalId).execute();
      return new StoredWriter(this.#save, { terminalId, writer, castBytes, tail });
    });
  }

  async *read(terminalId: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to;) {
      const rows = await this.#db
        .selectFrom('recording_chunks')
        .select(['at_byte', 'text'])
        .where('terminal_id', '=', terminalId)
        .where('end_byte', '>', at)
        .orderBy('at_byte')
        .limit(CHUNKS_PER_PAGE)
        .execute();
      if (rows.length === 0) return;
      for (const row of rows) {
        const bytes = Buffer.from(row.text);
        const wanted = bytes.subarray(Math.max(0, at - row.at_byte), Math.max(0, to - row.at_byte));
        if (wanted.length > 0) yield wanted;
        at = row.at_byte + bytes.length;
        if (at >= to) return;
      }
    }
  }

  async size(terminalId: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('recording_writers')
      .select('cast_bytes')
      .where('terminal_id', '=', terminalId)
      .executeTakeFirst();
    return row?.cast_bytes;
  }

  async remove(terminalId: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      // The writer's row first: who still writes waits for it, and then finds that nothing is to be written.
      for (const table of ['recording_writers', 'recording_chunks', 'replay_chunks'] as const)
        await tx.deleteFrom(table).where('terminal_id', '=', terminalId).execute();
    });
  }
}

interface Unsaved {
  readonly cast: string;
  readonly output: Buffer;
}

const nothing: Unsaved = { cast: '', output: Buffer.alloc(0) };

class StoredWriter implements RecordingWriter {
  readonly castBytes: number;
  readonly tail: Tail;
  readonly #write: SaveRecorded;
  readonly #terminalId: string;
  readonly #writer: number;
  #atByte: number;
  #sincePruned = 0;
  #unsaved = nothing;
  #isReplaced = false;

  constructor(
    write: SaveRecorded,
    { terminalId, writer, castBytes, tail }: Pick<StoredWriter, 'castBytes' | 'tail'> & Pick<Recorded, 'terminalId' | 'writer'>,
  ) {
    this.#write = write;
    this.#terminalId = terminalId;
    this.#writer = writer;
    this.castBytes = castBytes;
    this.#atByte = castBytes;
    this.tail = tail;
  }

  /** What fails is kept and added with the next, in the order in which it came. */
  async append(cast: string, output: Buffer, endSeq: number): Promise<void> {
    if (this.#isReplaced) return;
    const added = { cast: this.#unsaved.cast + cast, output: Buffer.concat([this.#unsaved.output, output]).subarray(-RING_BYTES) };
    try {
      await this.#save(added, endSeq);
      this.#unsaved = nothing;
    } catch (error) {
      this.#isReplaced = error instanceof WriterReplacedError;
      this.#unsaved = this.#isReplaced || added.cast.length > MAX_UNSAVED_BYTES ? nothing : added;
      throw error;
    }
  }

  async #save({ cast, output }: Unsaved, endSeq: number): Promise<void> {
    const bytes = Buffer.byteLength(cast);
    if (bytes === 0 && output.length === 0) return;
    const endByte = this.#atByte + bytes;
    const isPruning = this.#sincePruned >= RING_BYTES;
    const isMine = await this.#write({
      terminalId: this.#terminalId,
      writer: this.#writer,
      atByte: this.#atByte,
      endByte,
      endSeq,
      cast,
      base64: output.toString('base64'),
      prunedUpTo: isPruning ? endSeq - RING_BYTES : 0,
    });
    if (!isMine) throw new WriterReplacedError();
    this.#atByte = endByte;
    this.#sincePruned = isPruning ? 0 : this.#sincePruned + output.length;
  }
}

/** The newest bytes without a gap. */
async function readTail(tx: Tx, terminalId: string, endSeq: number): Promise<Buffer> {
  const rows = await tx
    .selectFrom('replay_chunks')
    .select(['end_seq', 'base64'])
    .where('terminal_id', '=', terminalId)
    .where('end_seq', '>', endSeq - RING_BYTES)
    .orderBy('end_seq', 'desc')
    .execute();
  const pieces: Buffer[] = [];
  let startSeq = endSeq;
  for (const row of rows) {
    if (row.end_seq !== startSeq) break;
    const bytes = Buffer.from(row.base64, 'base64');
    pieces.unshift(bytes);
    startSeq -= bytes.length;
  }
  return Buffer.concat(pieces).subarray(-RING_BYTES);
}
