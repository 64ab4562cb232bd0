import type { Readable } from 'node:stream';
import type { LogLine, LogRequest } from '../runtime.ts';
import { openStream, type Engine } from './engine.ts';
import { FrameDecoder, type Frame } from './frames.ts';

/** A line longer than this is cut in pieces: nobody reads more, and the buffer stays bounded. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Reads a container's kept output. With a TTY the engine sends bytes as they are, without it frames. */
export async function* readLogs(engine: Engine, id: string, tty: boolean, request: LogRequest): AsyncGenerator<LogLine> {
  const controller = new AbortController();
  const signal = request.signal === undefined ? controller.signal : AbortSignal.any([request.signal, controller.signal]);
  if (hasEnded(request)) return;
  const source = await openStream(engine, `/containers/${encodeURIComponent(id)}/logs`, logQuery(request), signal);
  try {
    yield* limited(linesOf(source, tty), request.limitBytes ?? Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!hasEnded(request)) throw error;
  } finally {
    controller.abort();
  }
}

function hasEnded({ signal }: LogRequest): boolean {
  return signal?.aborted ?? false;
}

function logQuery(request: LogRequest): Record<string, string> {
  return {
    stdout: '1',
    stderr: '1',
    timestamps: '1',
    follow: request.follow ? '1' : '0',
    ...(request.tailLines === undefined ? {} : { tail: String(request.tailLines) }),
    ...(request.since === undefined ? {} : { since: (request.since.getTime() / 1000).toFixed(3) }),
  };
}

async function* linesOf(source: Readable, tty: boolean): AsyncGenerator<LogLine> {
  const assembler = new LineAssembler();
  const decoder = new FrameDecoder();
  const rows = new RowSplitter();
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const frames = tty ? rows.feed(chunk) : decoder.feed(chunk);
    for (const frame of frames) yield* assembler.feed(frame);
  }
  yield* assembler.rest();
}

async function* limited(lines: AsyncIterable<LogLine>, limitBytes: number): AsyncGenerator<LogLine> {
  let left = limitBytes;
  for await (const line of lines) {
    if (left <= 0) return;
    yield line.text.length > left ? { ...line, text: line.text.subarray(0, left) } : line;
    left -= line.text.length + 1;
  }
}

/** Cuts a TTY's kept output into rows, each of which begins with its time as a frame does. */
class RowSplitter {
  #pending: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer): readonly Frame[] {
    const data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const end = data.lastIndexOf(NEWLINE) + 1;
    this.#pending = data.subarray(end);
    return splitRows(data.subarray(0, end)).map((payload) => ({ stream: 'stdout', payload }));
  }
}

function splitRows(data: Buffer): readonly Buffer[] {
  const rows: Buffer[] = [];
  for (let from = 0; from < data.length;) {
    const end = data.indexOf(NEWLINE, from) + 1;
    rows.push(data.subarray(from, end));
    from = end;
  }
  return rows;
}

/**
 * Makes lines of the engine's entries. Each entry starts with its time; a line that was longer than the engine's 16 KiB comes as several
 * entries of which only the last ends in a newline.
 */
export class LineAssembler {
  readonly #open = new Map<Frame['stream'], { at: Date; parts: Buffer[]; bytes: number }>();

  *feed({ stream, payload }: Frame): Generator<LogLine> {
    const space = payload.indexOf(0x20);
    const at = new Date(payload.subarray(0, Math.max(space, 0)).toString());
    const whole = payload.at(-1) === NEWLINE;
    const text = payload.subarray(space + 1, whole ? payload.length - 1 : payload.length);
    const line = this.#open.get(stream) ?? { at, parts: [], bytes: 0 };
    line.parts.push(text);
    line.bytes += text.length;
    if (!whole && line.bytes < MAX_LINE_BYTES) {
      this.#open.set(stream, line);
      return;
    }
    this.#open.delete(stream);
    yield toLine(stream, line);
  }

  /** What came without a newline before the output ended. */
  *rest(): Generator<LogLine> {
    for (const [stream, line] of this.#open) yield toLine(stream, line);
    this.#open.clear();
  }
}

function toLine(stream: Frame['stream'], line: { readonly at: Date; readonly parts: readonly Buffer[] }): LogLine {
  return { at: line.at, stream, text: Buffer.concat(line.parts) };
}
