import type { Clock } from '../clock.ts';

/** So much a second, and so much at once. Starts full. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #asOfMs: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#asOfMs = clock.now();
  }

  /** False when there is not enough; then nothing was taken. */
  take(count: number): boolean {
    const nowMs = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#asOfMs) / 1000) * this.#perSecond);
    this.#asOfMs = nowMs;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
