import { Transform, type TransformCallback } from 'node:stream';
import type { WireEffect } from '../../runtime.ts';

/** What a lost segment costs: the shortest time after which Linux sends it again. */
const RETRANSMIT_MS = 200;
const SEGMENT_BYTES = 1_448;
/** Chunks are cut so that a slow wire is slow and not jerky. */
const SLICES_A_SECOND = 20;

/**
 * The losses, rates and resets of one direction of a connection; `DelayStream` does the latency. TCP hides losses, so a lost segment shows here as it does to programs: as a wait. Bytes
 * are never reordered, dropped or gathered: while one chunk is on its way the source is paused.
 */
export class WireStream extends Transform {
  readonly #effects: readonly WireEffect[];
  readonly #reset: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `reset` ends the connection abruptly. */
  constructor(effects: readonly WireEffect[], reset: () => void) {
    super();
    this.#effects = effects;
    this.#reset = reset;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#effects.some(({ kind }) => kind === 'reset')) {
      this.#reset();
      return;
    }
    const rates = this.#effects.flatMap((effect) => (effect.kind === 'bandwidth' ? [effect.bytesPerSecond] : []));
    const slice = rates.length === 0 ? chunk.length : Math.max(1, Math.floor(Math.min(...rates) / SLICES_A_SECOND));
    this.#send(chunk, slice, done);
  }

  #send(rest: Buffer, slice: number, done: TransformCallback): void {
    const part = rest.subarray(0, slice);
    const waitMs = this.#effects.reduce((sum, effect) => sum + waitFor(effect, part.length), 0);
    this.#timer = setTimeout(() => {
      this.push(part);
      if (part.length === rest.length) done();
      else this.#send(rest.subarray(part.length), slice, done);
    }, waitMs);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    callback(error);
  }
}

function waitFor(effect: WireEffect, bytes: number): number {
  switch (effect.kind) {
    case 'bandwidth':
      return (bytes / effect.bytesPerSecond) * 1000;
    case 'loss':
      return lostTimes(effect.probability, Math.ceil(bytes / SEGMENT_BYTES)) * RETRANSMIT_MS;
    case 'latency':
    case 'partition':
    case 'reset':
      return 0;
  }
}

/** The kernel repairs one flight of segments in one go, so that a chunk waits for its unluckiest segment only. */
function lostTimes(probability: number, segments: number): number {
  const chunkLoss = 1 - (1 - Math.min(0.99, probability)) ** segments;
  let times = 0;
  while (times < 8 && Math.random() < chunkLoss) times += 1;
  return times;
}
