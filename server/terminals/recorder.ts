import { mkdir, open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { codeOf, messageOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { ReplayRing } from './replay-ring.ts';
import type { TerminalSize } from './shell.ts';

/** What a terminal keeps in memory and, for a restart, on disk. */
export const RING_BYTES = 256 * 1024;
/** Writes are gathered for so long; a `kill -9` loses at most this. */
const FLUSH_MS = 50;
/** The tail file is cut back to the ring's size when it has grown past this. */
const TAIL_MAX_BYTES = 4 * RING_BYTES;
/** A recording ends here; the terminal goes on. */
const RECORDING_MAX_BYTES = 25_000_000;
/** Of a flood only so much a second is recorded, so that a minute of `yes` does not use the recording up. */
const RECORDED_BYTES_PER_FLUSH = 32 * 1024;
/** Players skip longer pauses than this. */
const IDLE_LIMIT_SECONDS = 2;

export interface RecordingFiles {
  /** Asciicast version 2. */
  readonly cast: string;
  /** The raw newest output, after one line that says which byte it begins with. */
  readonly tail: string;
}

export function recordingFiles(dataDir: string, terminalId: string): RecordingFiles {
  const folder = path.join(dataDir, 'recordings');
  return { cast: path.join(folder, `${terminalId}.cast`), tail: path.join(folder, `${terminalId}.tail`) };
}

export interface RecorderParts {
  readonly files: RecordingFiles;
  readonly title: string;
  readonly startedAtMs: number;
  readonly size: TerminalSize;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Writes a terminal's output to its recording, and the tail that lets a restarted server replay. Input is never recorded, so what is typed
 * without echo stays secret. A full disk costs the recording, never the terminal.
 */
export class Recorder implements AsyncDisposable {
  readonly #parts: RecorderParts;
  readonly #decoder = new StringDecoder('utf8');
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #droppedBytes = 0;
  #events: string[] = [];
  #castBytes = 0;
  #tailBytes = 0;
  #endSeq: number;
  #flush: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  private constructor(parts: RecorderParts, endSeq: number) {
    this.#parts = parts;
    this.#endSeq = endSeq;
  }

  /** Goes on where an earlier server stopped, or begins. */
  static async open(parts: RecorderParts): Promise<{ recorder: Recorder; ring: ReplayRing }> {
    await mkdir(path.dirname(parts.files.cast), { recursive: true, mode: 0o700 });
    const tail = await readTail(parts.files.tail);
    const recorder = new Recorder(parts, tail.endSeq);
    await recorder.#openCast();
    await recorder.#rewriteTail(tail.bytes);
    return { recorder, ring: new ReplayRing(RING_BYTES, tail.endSeq, tail.bytes) };
  }

  output(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#endSeq += bytes.length;
    this.#dropOldest();
    this.#schedule();
  }

  resized(size: TerminalSize): void {
    this.#events.push(this.#event('r', `${size.columns}x${size.rows}`));
    this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#flush?.[Symbol.dispose]();
    this.#flush = undefined;
    await this.#writing;
    await this.#write();
  }

  /** More than a ring's worth need not be written. What is left is more than a ring, by which #appendTail knows that there is a gap. */
  #dropOldest(): void {
    for (let first = this.#pending[0]; first !== undefined && this.#pendingBytes - first.length > RING_BYTES; first = this.#pending[0]) {
      this.#pending.shift();
      this.#pendingBytes -= first.length;
      this.#droppedBytes += first.length;
    }
  }

  #schedule(): void {
    this.#flush ??= this.#parts.clock.after(FLUSH_MS, () => {
      this.#flush = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    const cast = this.#takeEvents(bytes);
    if (bytes.length === 0 && cast === '') return;
    try {
      await this.#appendTail(bytes);
      await append(this.#parts.files.cast, Buffer.from(cast));
      this.#castBytes += Buffer.byteLength(cast);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#parts.log.warn({ reason: messageOf(error), code: codeOf(error) }, 'a recording could not be written; the terminal goes on');
      this.#failing = true;
    }
  }

  /** The lines for what came since the last write. Of a flood the end is kept, because that is what stays on the screen. */
  #takeEvents(bytes: Buffer): string {
    const events = this.#events;
    this.#events = [];
    if (this.#castBytes > RECORDING_MAX_BYTES) return '';
    const newest = bytes.length > RECORDED_BYTES_PER_FLUSH ? bytes.subarray(bytes.length - RECORDED_BYTES_PER_FLUSH) : bytes;
    const left = bytes.length - newest.length + this.#droppedBytes;
    this.#droppedBytes = 0;
    const note = left > 0 ? `\r\n[${left} bytes of output are not in this recording]\r\n` : '';
    const text = note + this.#decoder.write(newest);
    if (text !== '') events.push(this.#event('o', text));
    return events.join('');
  }

  #event(kind: 'o' | 'r', text: string): string {
    const seconds = (this.#parts.clock.now() - this.#parts.startedAtMs) / 1000;
    return `${JSON.stringify([Math.max(0, seconds), kind, text])}\n`;
  }

  /** A line that a crash cut in two is taken off, or no player would read on. */
  async #openCast(): Promise<void> {
    const { files, size, startedAtMs, title } = this.#parts;
    const text = await readIfThere(files.cast);
    const whole = text.subarray(0, text.lastIndexOf('\n') + 1);
    if (whole.length > 0) {
      if (whole.length < text.length) await truncate(files.cast, whole.length);
      this.#castBytes = whole.length;
      return;
    }
    const header = {
      version: 2,
      width: size.columns,
      height: size.rows,
      timestamp: Math.floor(startedAtMs / 1000),
      title,
      idle_time_limit: IDLE_LIMIT_SECONDS,
    };
    await writeFile(files.cast, `${JSON.stringify(header)}\n`, { mode: 0o600 });
  }

  async #appendTail(bytes: Buffer): Promise<void> {
    if (this.#tailBytes + bytes.length > TAIL_MAX_BYTES || bytes.length >= RING_BYTES) {
      const before = (await readTail(this.#parts.files.tail)).bytes;
      await this.#rewriteTail(Buffer.concat([before, bytes]).subarray(-RING_BYTES));
      return;
    }
    await append(this.#parts.files.tail, bytes);
    this.#tailBytes += bytes.length;
  }

  /** `bytes` end at the newest byte there is. Whole or not at all. */
  async #rewriteTail(bytes: Uint8Array): Promise<void> {
    const { tail } = this.#parts.files;
    // Output that arrived while this write was waiting belongs to the next one.
    const endSeq = this.#endSeq - this.#pendingBytes;
    const draft = `${tail}.new`;
    await writeFile(draft, Buffer.concat([Buffer.from(`${endSeq - bytes.length}\n`), bytes]), { mode: 0o600 });
    await rename(draft, tail);
    this.#tailBytes = bytes.length;
  }
}

/** Also what remains of a tail that was never finished counts as nothing. */
async function readTail(file: string): Promise<{ endSeq: number; bytes: Buffer }> {
  const content = await readIfThere(file);
  const lineEnd = content.indexOf('\n');
  const startSeq = Number.parseInt(content.subarray(0, Math.max(0, lineEnd)).toString('latin1'), 10);
  if (lineEnd < 0 || !Number.isSafeInteger(startSeq) || startSeq < 0) return { endSeq: 0, bytes: Buffer.alloc(0) };
  const all = content.subarray(lineEnd + 1);
  return { endSeq: startSeq + all.length, bytes: all.subarray(Math.max(0, all.length - RING_BYTES)) };
}

async function readIfThere(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

async function append(file: string, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  await using handle = await openFile(file, 'a');
  await handle.file.appendFile(bytes);
}

async function truncate(file: string, length: number): Promise<void> {
  await using handle = await openFile(file, 'r+');
  await handle.file.truncate(length);
}

/** FileHandle is not an AsyncDisposable in Node 20. */
async function openFile(file: string, flags: string): Promise<AsyncDisposable & { readonly file: FileHandle }> {
  const handle = await open(file, flags, 0o600);
  return { file: handle, [Symbol.asyncDispose]: () => handle.close() };
}
