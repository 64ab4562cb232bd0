import { StringDecoder } from 'node:string_decoder';
import { codeOf, messageOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { RING_BYTES, WriterReplacedError, type RecordingStore, type RecordingWriter } from './recording-store.ts';
import { ReplayRing } from './replay-ring.ts';
import type { TerminalSize } from './shell.ts';

/** A recording ends here; the terminal goes on. */
const RECORDING_MAX_BYTES = 25_000_000;
/** Of a flood only so much a second is recorded, so that a minute of `yes` does not use the recording up. */
const RECORDED_BYTES_PER_SECOND = 640 * 1024;
/** The longest line, which grows to six times that where everything has to be escaped. */
const RECORDED_BYTES_AT_ONCE = 128 * 1024;
/** What a store could not take is offered again after so long. */
const RETRY_MS = 1_000;
/** Players skip longer pauses than this. */
const IDLE_LIMIT_SECONDS = 2;

export interface RecorderParts {
  readonly store: RecordingStore;
  readonly terminalId: string;
  readonly title: string;
  readonly startedAtMs: number;
  readonly size: TerminalSize;
  readonly clock: Clock;
  readonly log: Logger;
  /** Another server records the terminal now; this one should let go of it. */
  readonly onReplaced: () => void;
}

/** A recorder, the ring that goes on from what was stored, and where the numbers of the writer before ended, if they were moved on. */
interface OpenedRecording {
  readonly recorder: Recorder;
  readonly ring: ReplayRing;
  readonly formerEndSeq: number | undefined;
}

/**
 * Writes a terminal's output to its recording, and the tail that lets whoever takes the terminal up replay. Input is never recorded, so what is typed
 * without echo stays secret. A full disk or an absent database costs the recording, never the terminal.
 */
export class Recorder implements AsyncDisposable {
  readonly #parts: RecorderParts;
  readonly #writer: RecordingWriter;
  readonly #decoder = new StringDecoder('utf8');
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #droppedBytes = 0;
  #events: string[] = [];
  #castBytes: number;
  #endSeq: number;
  #flush: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  private constructor(parts: RecorderParts, writer: RecordingWriter) {
    this.#parts = parts;
    this.#writer = writer;
    this.#castBytes = writer.castBytes;
    this.#endSeq = writer.tail.endSeq;
  }

  /** Goes on where an earlier server stopped, or begins. */
  static async open(parts: RecorderParts): Promise<OpenedRecording> {
    const writer = await parts.store.open(parts.terminalId);
    const recorder = new Recorder(parts, writer);
    if (writer.castBytes === 0) await recorder.#begin();
    const { endSeq, bytes, formerEndSeq } = writer.tail;
    return { recorder, ring: new ReplayRing(RING_BYTES, endSeq, bytes), formerEndSeq };
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

  async #begin(): Promise<void> {
    const { size, startedAtMs, title } = this.#parts;
    const header = {
      version: 2,
      width: size.columns,
      height: size.rows,
      timestamp: Math.floor(startedAtMs / 1000),
      title,
      idle_time_limit: IDLE_LIMIT_SECONDS,
    };
    const line = `${JSON.stringify(header)}\n`;
    await this.#writer.append(line, Buffer.alloc(0), this.#endSeq);
    this.#castBytes = Buffer.byteLength(line);
  }

  /** More than a ring's worth need not be written: the store knows by the numbers that there is a gap. */
  #dropOldest(): void {
    for (let first = this.#pending[0]; first !== undefined && this.#pendingBytes - first.length > RING_BYTES; first = this.#pending[0]) {
      this.#pending.shift();
      this.#pendingBytes -= first.length;
      this.#droppedBytes += first.length;
    }
  }

  #schedule(delayMs = this.#parts.store.flushMs): void {
    if (this.#closed) return;
    this.#flush ??= this.#parts.clock.after(delayMs, () => {
      this.#flush = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    const cast = this.#takeEvents(bytes);
    // After a failure the store may have something to make good.
    if (bytes.length === 0 && cast === '' && !this.#failing) return;
    try {
      await this.#writer.append(cast, bytes, this.#endSeq);
      this.#castBytes += Buffer.byteLength(cast);
      this.#failing = false;
    } catch (error) {
      if (error instanceof WriterReplacedError) {
        this.#parts.onReplaced();
        return;
      }
      if (!this.#failing)
        this.#parts.log.warn({ reason: messageOf(error), code: codeOf(error) }, 'a recording could not be written; the terminal goes on');
      this.#failing = true;
      this.#schedule(RETRY_MS);
    }
  }

  /** The lines for what came since the last write. Of a flood the end is kept, because that is what stays on the screen. */
  #takeEvents(bytes: Buffer): string {
    const events = this.#events;
    this.#events = [];
    if (this.#castBytes > RECORDING_MAX_BYTES) return '';
    const mostBytes = Math.min(RECORDED_BYTES_AT_ONCE, Math.floor((RECORDED_BYTES_PER_SECOND * this.#parts.store.flushMs) / 1000));
    const newest = bytes.length > mostBytes ? bytes.subarray(bytes.length - mostBytes) : bytes;
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
}
