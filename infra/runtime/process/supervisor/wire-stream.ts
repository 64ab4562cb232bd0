import { Transform, type TransformCallback } from 'node:stream';
import type { WireEffect } from '../../runtime.ts';

/** What a lost segment costs: the shortest time after which Linux sends it again. */
const RETRANSMIT_MS = 200;
const SEGMENT_BYTES = 1_448;
/** Chunks are cut so that a slow wire is slow and not jerky. */
const SLICES_A_SECOND = 20;
/** What a late timer may be made up for, so that the rate holds on a busy machine and a wire that was idle saves up no more than this. */
const MAX_CATCH_UP_MS = 200;

/**
 * The losses, rates, cuts and resets of one direction of a connection; `DelayStream` does the latency. TCP hides losses, so that a lost segment
 * shows here as it does to programs: as a wait, which for a cut wire lasts until it is mended. Bytes are never reordered, dropped or
 * gathered: while one chunk is on its way the source is paused.
 */
export class WireStream extends Transform {
  #effects: readonly WireEffect[];
  readonly #reset: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When all that was sent has passed at the wire's rate. */
  #busyUntilMs = performance.now();
  /** Goes on with what a cut holds up. */
  #resume: (() => void) | undefined;

  /** `reset` ends the connection abruptly. */
  constructor(effects: readonly WireEffect[], reset: () => void) {
    super();
    this.#effects = effects;
    this.#reset = reset;
  }

  /** For all that has not passed yet. */
  setEffects(effects: readonly WireEffect[]): void {
    this.#effects = effects;
    if (this.#has('partition')) return;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #has(kind: WireEffect['kind']): boolean {
    return this.#effects.some((effect) => effect.kind === kind);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#has('reset')) this.#reset();
    else this.#send(chunk, done);
  }

  #send(rest: Buffer, done: TransformCallback): void {
    if (this.#has('partition')) {
      this.#resume = () => this.#send(rest, done);
      return;
    }
    const part = rest.subarray(0, this.#sliceBytes());
    const waitMs = this.#rateWaitMs(part.length) + this.#effects.reduce((sum, effect) => sum + lossWaitMs(effect, part.length), 0);
    const pass = (): void => {
      this.push(part);
      if (part.length === rest.length) done();
      else this.#send(rest.subarray(part.length), done);
    };
    if (waitMs === 0) pass();
    else this.#timer = setTimeout(pass, waitMs);
  }

  get #bytesPerSecond(): number {
    return Math.min(...this.#effects.map((effect) => (effect.kind === 'bandwidth' ? effect.bytesPerSecond : Infinity)));
  }

  #sliceBytes(): number {
    return Math.max(1, Math.floor(this.#bytesPerSecond / SLICES_A_SECOND));
  }

  #rateWaitMs(bytes: number): number {
    const nowMs = performance.now();
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs - MAX_CATCH_UP_MS) + (bytes / this.#bytesPerSecond) * 1000;
    return Math.max(0, this.#busyUntilMs - nowMs);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    callback(error);
  }
}

function lossWaitMs(effect: WireEffect, bytes: number): number {
  return effect.kind === 'loss' ? lostTimes(effect.probability, Math.ceil(bytes / SEGMENT_BYTES)) * RETRANSMIT_MS : 0;
}

/** The kernel repairs one flight of segments in one go, so that a chunk waits for its unluckiest segment only. */
function lostTimes(probability: number, segments: number): number {
  const chunkLoss = 1 - (1 - Math.min(0.99, probability)) ** segments;
  let times = 0;
  while (times < 8 && Math.random() < chunkLoss) times += 1;
  return times;
}
