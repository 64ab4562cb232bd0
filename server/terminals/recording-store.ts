import { createHash } from 'node:crypto';

/** What a terminal keeps in memory and, for a restart, in the store. */
export const RING_BYTES = 256 * 1024;

/**
 * Where recordings are kept, and the newest output of each terminal for who takes it up after its server. A recording is asciicast version 2, in
 * whole lines, and only ever grows.
 */
export interface RecordingStore {
  /** Writes are gathered for so long; a `kill -9` loses at most this. */
  readonly flushMs: number;
  /** Goes on where an earlier writer stopped, or begins. From here on no earlier writer of the terminal adds anything. */
  open(terminalId: string): Promise<RecordingWriter>;
  /** The recording's bytes from `from` up to, not including, `to`; also while it is written. Nothing where there is none. */
  read(terminalId: string, from?: number, to?: number): AsyncIterable<Uint8Array>;
  /** Undefined where there is none. */
  size(terminalId: string): Promise<number | undefined>;
  /** For good. What is not there is let alone. */
  remove(terminalId: string): Promise<void>;
}

export interface RecordingWriter {
  /** How long the recording is; 0: it has not begun. */
  readonly castBytes: number;
  readonly tail: Tail;
  /**
   * Adds whole lines to the recording, and raw output that ends before the byte of number `endSeq`. Throws when it could not be written; what becomes
   * of it then is the store's own matter.
   */
  append(cast: string, output: Buffer, endSeq: number): Promise<void>;
}

/** Thrown by a writer when somebody else goes on with the recording, so that nothing more may be added by it. */
export class WriterReplacedError extends Error {
  constructor() {
    super('Another server records this terminal now.');
    this.name = 'WriterReplacedError';
  }
}

/** The newest output, at most {@link RING_BYTES}, and the number that the next byte has. */
export interface Tail {
  readonly bytes: Buffer;
  readonly endSeq: number;
  /**
   * The number that the next byte would have had for the writer before, where numbers were moved on because that one may have shown more than it
   * stored: whoever was shown more is thereby known, and whoever was not is found.
   */
  readonly formerEndSeq?: number;
}

/**
 * Takes a recording and its newest output from one store to another. What was taken in part by somebody who died is taken anew; a recording that
 * `to` has of its own is let alone, and then the one in `from` as well.
 */
export async function moveRecording(from: RecordingStore, to: RecordingStore, terminalId: string): Promise<void> {
  const [had, has] = await Promise.all([from.size(terminalId), to.size(terminalId)]);
  if (had === undefined || (has !== undefined && !(await isBeginning(from, to, terminalId, has)))) return;
  if (has !== had) {
    await to.remove(terminalId);
    const { tail } = await from.open(terminalId);
    const writer = await to.open(terminalId);
    await writer.append('', tail.bytes, tail.endSeq);
    const decoder = new TextDecoder();
    for await (const bytes of from.read(terminalId)) {
      await writer.append(decoder.decode(bytes, { stream: true }), Buffer.alloc(0), tail.endSeq);
    }
  }
  await from.remove(terminalId);
}

async function isBeginning(from: RecordingStore, to: RecordingStore, terminalId: string, bytes: number): Promise<boolean> {
  const [ours, theirs] = await Promise.all([from, to].map((store) => digest(store.read(terminalId, 0, bytes))));
  return ours === theirs;
}

async function digest(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of content) hash.update(bytes);
  return hash.digest('hex');
}

/** Recordings of one place, and from before the server's mode was changed those of another. */
export class MovedRecordings implements RecordingStore {
  readonly flushMs: number;
  readonly #place: RecordingStore;
  readonly #former: RecordingStore;

  constructor(place: RecordingStore, former: RecordingStore) {
    this.#place = place;
    this.#former = former;
    this.flushMs = place.flushMs;
  }

  async open(terminalId: string): Promise<RecordingWriter> {
    await moveRecording(this.#former, this.#place, terminalId);
    return this.#place.open(terminalId);
  }

  async *read(terminalId: string, from?: number, to?: number): AsyncGenerator<Uint8Array> {
    const place = (await this.#place.size(terminalId)) === undefined ? this.#former : this.#place;
    yield* place.read(terminalId, from, to);
  }

  async size(terminalId: string): Promise<number | undefined> {
    return (await this.#place.size(terminalId)) ?? this.#former.size(terminalId);
  }

  async remove(terminalId: string): Promise<void> {
    await this.#place.remove(terminalId);
    await this.#former.remove(terminalId);
  }
}
