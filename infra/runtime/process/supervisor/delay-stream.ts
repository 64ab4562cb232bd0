import { Transform, type TransformCallback } from 'node:stream';
import type { WireEffect } from '../../runtime.ts';

/** Bytes of one direction that are on their way at a time: what a generous TCP window holds. */
const MAX_IN_FLIGHT_BYTES = 4 * 2 ** 20;

type Latency = WireEffect & { readonly kind: 'latency' };

export function latenciesOf(effects: readonly WireEffect[]): readonly Latency[] {
  return effects.filter((effect) => effect.kind === 'latency');
}

/** What one packet waits under the first of these, in milliseconds; `random` is even over 0 to 1. */
export function delayMs([latency]: readonly Latency[], random = Math.random): number {
  return latency === undefined ? 0 : Math.max(0, latency.ms + (2 * random() - 1) * latency.jitterMs);
}

/** One direction of a connection over a long wire: bytes arrive late, in order, and as fast as they were sent. */
export class DelayStream extends Transform {
  #latencies: readonly Latency[];
  readonly #flight: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #flightBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #whenRoom: TransformCallback | undefined;
  #whenEmpty: TransformCallback | undefined;

  constructor(latencies: readonly Latency[]) {
    super();
    this.#latencies = latencies;
  }

  /** From the next chunk on; what is on its way arrives when it was to. */
  setLatencies(latencies: readonly Latency[]): void {
    this.#latencies = latencies;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const earliestMs = this.#flight.at(-1)?.dueMs ?? 0;
    this.#flight.push({ chunk, dueMs: Math.max(earliestMs, performance.now() + delayMs(this.#latencies)) });
    this.#flightBytes += chunk.length;
    this.#timer ??= this.#wait();
    if (this.#flightBytes < MAX_IN_FLIGHT_BYTES) done();
    else this.#whenRoom = done;
  }

  override _flush(done: TransformCallback): void {
    if (this.#flight.length === 0) done();
    else this.#whenEmpty = done;
  }

  #wait(): NodeJS.Timeout | undefined {
    const [next] = this.#flight;
    return next === undefined ? undefined : setTimeout(() => this.#arrive(), Math.max(0, next.dueMs - performance.now()));
  }

  #arrive(): void {
    // Timers end up to a millisecond early.
    const nowMs = performance.now() + 1;
    for (let next = this.#flight[0]; next !== undefined && next.dueMs <= nowMs; next = this.#flight[0]) {
      this.#flight.shift();
      this.#flightBytes -= next.chunk.length;
      this.push(next.chunk);
    }
    this.#timer = this.#wait();
    if (this.#flightBytes < MAX_IN_FLIGHT_BYTES) this.#settle();
  }

  #settle(): void {
    const [room, empty] = [this.#whenRoom, this.#whenEmpty];
    this.#whenRoom = undefined;
    room?.();
    if (this.#flight.length > 0) return;
    this.#whenEmpty = undefined;
    empty?.();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    callback(error);
  }
}
