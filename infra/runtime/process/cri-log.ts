import type { LogLine } from '../runtime.ts';

/**
 * Container output on disk, in the line format of Kubernetes' container runtime interface:
 * `2026-11-21T03:00:05.123000000Z stdout F text`. `P` marks a part of a longer line, `F` its end.
 */
export type LogStream = LogLine['stream'];

/** Longer lines are stored in parts, as containerd does. */
const MAX_PART_BYTES = 16 << 10;
/** A line whose end never comes is given out in pieces of this size. */
const MAX_LINE_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Turns a stream's chunks into stored lines. One instance a stream. */
export class CriEncoder {
  readonly #stream: LogStream;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  encode(chunk: Buffer, atMs: number): Buffer {
    const prefix = `${new Date(atMs).toISOString().replace('Z', '000000Z')} ${this.#stream} `;
    const out: Buffer[] = [];
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      const room = MAX_PART_BYTES - this.#bytes;
      const end = Math.min(newline === -1 ? chunk.length : newline, from + room);
      this.#keep(chunk.subarray(from, end));
      from = end;
      if (end === newline) {
        out.push(...this.#take(prefix, 'F'));
        from += 1;
      } else if (this.#bytes >= MAX_PART_BYTES) out.push(...this.#take(prefix, 'P'));
    }
    return Buffer.concat(out);
  }

  /** What is left when the stream ends without a newline. */
  flush(atMs: number): Buffer {
    if (this.#bytes === 0) return Buffer.alloc(0);
    return Buffer.concat(this.#take(`${new Date(atMs).toISOString().replace('Z', '000000Z')} ${this.#stream} `, 'F'));
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  #take(prefix: string, tag: 'F' | 'P'): Buffer[] {
    const taken = [Buffer.from(`${prefix}${tag} `), ...this.#parts, Buffer.from('\n')];
    this.#parts = [];
    this.#bytes = 0;
    return taken;
  }
}

export interface CriPart {
  readonly atMs: number;
  readonly stream: LogStream;
  readonly complete: boolean;
  readonly text: Buffer;
}

/** Reads one stored line (without its newline); undefined for one that was cut by a rotation or a full disk. */
export function parseCriPart(line: Buffer): CriPart | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP]) /.exec(line.subarray(0, 64).toString('latin1'));
  const [header, at, stream, tag] = match ?? [];
  if (header === undefined || at === undefined) return undefined;
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return undefined;
  return { atMs, stream: stream === 'stderr' ? 'stderr' : 'stdout', complete: tag === 'F', text: line.subarray(header.length) };
}

/** Puts stored parts together to whole lines. */
export class CriDecoder {
  #rest = Buffer.alloc(0);
  readonly #open: Record<LogStream, Buffer[]> = { stdout: [], stderr: [] };

  *push(chunk: Buffer): Generator<LogLine> {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let at = buffer.indexOf(NEWLINE); at !== -1; at = buffer.indexOf(NEWLINE)) {
      const line = this.#join(buffer.subarray(0, at));
      buffer = buffer.subarray(at + 1);
      if (line !== undefined) yield line;
    }
    this.#rest = Buffer.from(buffer);
  }

  #join(stored: Buffer): LogLine | undefined {
    const part = parseCriPart(stored);
    if (part === undefined) return undefined;
    const open = this.#open[part.stream];
    open.push(part.text);
    const length = open.reduce((sum, piece) => sum + piece.length, 0);
    if (!part.complete && length < MAX_LINE_BYTES) return undefined;
    this.#open[part.stream] = [];
    return { at: new Date(part.atMs), stream: part.stream, text: Buffer.concat(open) };
  }
}
