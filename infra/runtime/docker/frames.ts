import { PassThrough, type Readable } from 'node:stream';

/** One message of the engine's multiplexed stream. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly payload: Buffer;
}

const HEADER_BYTES = 8;
const STDERR = 2;

/** Puts frames together from chunks that may be cut anywhere. Holds at most one frame that is not yet whole. */
export class FrameDecoder {
  #pending: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer): readonly Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    if (this.#pending.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + this.#pending.readUInt32BE(4);
    if (this.#pending.length < end) return undefined;
    const stream = this.#pending[0] === STDERR ? 'stderr' : 'stdout';
    const payload = this.#pending.subarray(HEADER_BYTES, end);
    this.#pending = this.#pending.subarray(end);
    return { stream, payload };
  }
}

/** Both outputs of a process without a TTY. */
export interface Outputs {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Splits the engine's stream in two. A reader that pauses pauses the engine's stream, and with it the other reader: the two share
 * one connection. An output that its reader has destroyed is thrown away. A broken connection ends both with its error.
 */
export function demultiplex(source: Readable): Outputs {
  const outputs = { stdout: new PassThrough(), stderr: new PassThrough() };
  const decoder = new FrameDecoder();
  const full = new Set<PassThrough>();
  const release = (output: PassThrough): void => {
    if (full.delete(output) && full.size === 0) source.resume();
  };
  for (const output of Object.values(outputs)) {
    output.on('drain', () => release(output)).on('close', () => release(output));
    // Whoever reads has a handler of his own; without a reader the error is nobody's.
    output.on('error', () => undefined);
  }
  source.on('data', (chunk: Buffer) => {
    for (const { stream, payload } of decoder.feed(chunk)) {
      const output = outputs[stream];
      if (output.destroyed || output.write(payload)) continue;
      full.add(output);
      source.pause();
    }
  });
  finishWith(source, Object.values(outputs));
  return outputs;
}

function finishWith(source: Readable, outputs: readonly PassThrough[]): void {
  source.once('end', () => {
    for (const output of outputs) output.end();
  });
  source.once('error', (error) => {
    for (const output of outputs) output.destroy(error);
  });
  source.once('close', () => {
    for (const output of outputs) if (!output.writableEnded) output.end();
  });
}
