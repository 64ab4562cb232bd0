import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { CriEncoder, parseCriPart, type LogStream } from '../cri-log.ts';
import type { WireLogRequest } from '../wire.ts';

/** Two files of this size make the 10 MiB that a container may keep: when the newer is full it replaces the older. */
const MAX_FILE_BYTES = 5 << 20;
const READ_BYTES = 256 << 10;

/**
 * One container's output on disk, newest kept. Followers read the files at a place of their own, so a slow one holds no memory and
 * holds nobody up; one that falls behind by more than both files goes on with the oldest line there is.
 */
export class ContainerLog {
  readonly #file: string;
  readonly #previous: string;
  readonly #changed = new EventEmitter().setMaxListeners(0);
  readonly #encoders: Record<LogStream, CriEncoder> = { stdout: new CriEncoder('stdout'), stderr: new CriEncoder('stderr') };
  #fd: number | undefined;
  #size = 0;
  /** Counts rotations: the file now called previous was current in generation - 1. */
  #generation = 0;
  #ended = false;
  #lostBytes = 0;

  constructor(folder: string) {
    this.#file = path.join(folder, 'log');
    this.#previous = path.join(folder, 'log.previous');
  }

  /** Output that a full disk did not take. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  append(stream: LogStream, chunk: Buffer): void {
    this.#write(this.#encoders[stream].encode(chunk, Date.now()));
  }

  end(): void {
    for (const encoder of Object.values(this.#encoders)) this.#write(encoder.flush(Date.now()));
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#ended = true;
    this.#changed.emit('change');
  }

  /** The stored bytes that a request asks for, then, if it follows, what comes, until the container ends or the signal aborts. */
  async *read(request: WireLogRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
    const start = selectStart(this.#stored(), request);
    let generation = this.#generation;
    let position = this.#size;
    yield* inPieces(start);
    while (request.follow && !signal.aborted) {
      const ended = this.#ended;
      const current = this.#generation;
      if (current > generation) {
        const from = current === generation + 1 ? position : 0;
        generation = current;
        position = 0;
        yield* readFrom(this.#previous, from, undefined);
        continue;
      }
      const size = this.#size;
      if (size > position) {
        const from = position;
        position = size;
        yield* readFrom(this.#file, from, size);
        continue;
      }
      if (ended) return;
      await this.#nextChange(signal);
    }
  }

  #stored(): Buffer {
    const files = [this.#previous, this.#file].filter((file) => existsSync(file));
    return Buffer.concat(files.map((file) => readFileSync(file)));
  }

  #write(lines: Buffer): void {
    if (lines.length === 0) return;
    if (this.#size + lines.length > MAX_FILE_BYTES && this.#size > 0) this.#rotate();
    try {
      this.#fd ??= openSync(this.#file, 'a', 0o600);
      writeSync(this.#fd, lines);
      this.#size += lines.length;
    } catch {
      // A full disk costs output, not the container: its process must not notice.
      this.#lostBytes += lines.length;
      if (existsSync(this.#file)) this.#size = statSync(this.#file).size;
    }
    this.#changed.emit('change');
  }

  #rotate(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    renameSync(this.#file, this.#previous);
    this.#size = 0;
    this.#generation += 1;
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#changed.off('change', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#changed.on('change', done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}

/** Drops what lies before `sinceMs` and all but the last `tailLines` lines. */
export function selectStart(stored: Buffer, request: Pick<WireLogRequest, 'tailLines' | 'sinceMs'>): Buffer {
  const { tailLines, sinceMs } = request;
  if (tailLines === undefined && sinceMs === undefined) return stored;
  let start = stored.length;
  let lines = 0;
  for (let end = stored.length; end > 0;) {
    const lineStart = end < 2 ? 0 : stored.lastIndexOf(0x0a, end - 2) + 1;
    const part = parseCriPart(stored.subarray(lineStart, end - 1));
    if (part !== undefined) {
      if (sinceMs !== undefined && part.atMs < sinceMs) break;
      if (part.complete) lines += 1;
      if (tailLines !== undefined && lines > tailLines) break;
    }
    start = lineStart;
    end = lineStart;
  }
  return stored.subarray(start);
}

function* inPieces(buffer: Buffer): Generator<Buffer> {
  for (let at = 0; at < buffer.length; at += READ_BYTES) yield buffer.subarray(at, at + READ_BYTES);
}

function* readFrom(file: string, from: number, to: number | undefined): Generator<Buffer> {
  const fd = openSync(file, 'r');
  try {
    for (let position = from; to === undefined || position < to;) {
      const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, (to ?? Number.POSITIVE_INFINITY) - position));
      const count = readSync(fd, piece, 0, piece.length, position);
      if (count === 0) return;
      position += count;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}
