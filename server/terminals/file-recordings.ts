import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../app-error.ts';
import { RING_BYTES, type RecordingStore, type RecordingWriter, type Tail } from './recording-store.ts';

const FLUSH_MS = 50;
/** The tail file is cut back to the ring's size when it has grown past this. */
const TAIL_MAX_BYTES = 4 * RING_BYTES;

interface RecordingFiles {
  /** Asciicast version 2. */
  readonly cast: string;
  /** The raw newest output, after one line that says which byte it begins with. */
  readonly tail: string;
}

/** Recordings as files below the data folder, for the one server that has it. */
export class FileRecordings implements RecordingStore {
  readonly flushMs = FLUSH_MS;
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = path.join(dataDir, 'recordings');
  }

  filesOf(terminalId: string): RecordingFiles {
    return { cast: path.join(this.#folder, `${terminalId}.cast`), tail: path.join(this.#folder, `${terminalId}.tail`) };
  }

  /** The terminals that there are recordings of. */
  async list(): Promise<readonly string[]> {
    const names = await orIfMissing(readdir(this.#folder), []);
    return names.filter((name) => name.endsWith('.cast')).map((name) => name.slice(0, -'.cast'.length));
  }

  async open(terminalId: string): Promise<RecordingWriter> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const files = this.filesOf(terminalId);
    const tail = await readTail(files.tail);
    const writer = new FileWriter(files, await mendCast(files.cast), tail);
    await writer.rewriteTail(tail.bytes, tail.endSeq);
    return writer;
  }

  async *read(terminalId: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    if (to <= from) return;
    try {
      yield* createReadStream(this.filesOf(terminalId).cast, { start: from, end: to - 1 }) as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  async size(terminalId: string): Promise<number | undefined> {
    return (await orIfMissing(stat(this.filesOf(terminalId).cast), undefined))?.size;
  }

  async remove(terminalId: string): Promise<void> {
    const { cast, tail } = this.filesOf(terminalId);
    for (const file of [cast, tail]) await rm(file, { force: true });
  }
}

class FileWriter implements RecordingWriter {
  readonly castBytes: number;
  readonly tail: Tail;
  readonly #files: RecordingFiles;
  #tailBytes = 0;
  #tailEndSeq = 0;

  constructor(files: RecordingFiles, castBytes: number, tail: Tail) {
    this.#files = files;
    this.castBytes = castBytes;
    this.tail = tail;
  }

  async append(cast: string, output: Buffer, endSeq: number): Promise<void> {
    await this.#appendTail(output, endSeq);
    await append(this.#files.cast, Buffer.from(cast));
  }

  /** `bytes` end before the byte of number `endSeq`. Whole or not at all. */
  async rewriteTail(bytes: Buffer, endSeq: number): Promise<void> {
    const { tail } = this.#files;
    const draft = `${tail}.new`;
    await writeFile(draft, Buffer.concat([Buffer.from(`${endSeq - bytes.length}\n`), bytes]), { mode: 0o600 });
    await rename(draft, tail);
    this.#tailBytes = bytes.length;
    this.#tailEndSeq = endSeq;
  }

  async #appendTail(bytes: Buffer, endSeq: number): Promise<void> {
    // Of a flood, and after a write that failed, what lies between is not there.
    if (endSeq - bytes.length !== this.#tailEndSeq) {
      await this.rewriteTail(bytes.subarray(-RING_BYTES), endSeq);
    } else if (this.#tailBytes + bytes.length > TAIL_MAX_BYTES) {
      const before = (await readTail(this.#files.tail)).bytes;
      await this.rewriteTail(Buffer.concat([before, bytes]).subarray(-RING_BYTES), endSeq);
    } else {
      await append(this.#files.tail, bytes);
      this.#tailBytes += bytes.length;
      this.#tailEndSeq = endSeq;
    }
  }
}

/** A line that a crash cut in two is taken off, or no player would read on. Answers the length. */
async function mendCast(file: string): Promise<number> {
  const text = await readIfThere(file);
  const wholeBytes = text.lastIndexOf('\n') + 1;
  if (wholeBytes < text.length) {
    await using handle = await openFile(file, 'r+');
    await handle.file.truncate(wholeBytes);
  }
  return wholeBytes;
}

/** Also what remains of a tail that was never finished counts as nothing. */
async function readTail(file: string): Promise<Tail> {
  const content = await readIfThere(file);
  const lineEnd = content.indexOf('\n');
  const startSeq = Number.parseInt(content.subarray(0, Math.max(0, lineEnd)).toString('latin1'), 10);
  if (lineEnd < 0 || !Number.isSafeInteger(startSeq) || startSeq < 0) return { endSeq: 0, bytes: Buffer.alloc(0) };
  const all = content.subarray(lineEnd + 1);
  return { endSeq: startSeq + all.length, bytes: all.subarray(Math.max(0, all.length - RING_BYTES)) };
}

function readIfThere(file: string): Promise<Buffer> {
  return orIfMissing<Buffer>(readFile(file), Buffer.alloc(0));
}

async function orIfMissing<T>(found: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

async function append(file: string, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  await using handle = await openFile(file, 'a');
  await handle.file.appendFile(bytes);
}

/** FileHandle is not an AsyncDisposable in Node 20. */
async function openFile(file: string, flags: string): Promise<AsyncDisposable & { readonly file: FileHandle }> {
  const handle = await open(file, flags, 0o600);
  return { file: handle, [Symbol.asyncDispose]: () => handle.close() };
}
