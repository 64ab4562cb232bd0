const MINUTE_MS = 60_000;
/** Sums of fractions miss whole numbers by less than this. */
const HAIR = 1e-6;

/**
 * A bucket that holds one minute's allowance and refills continuously, as both vendors describe theirs. Time is handed in, never read.
 * The level may fall below zero: what a settlement takes was already used.
 */
export class TokenBucket {
  #capacity: number;
  #level: number;
  #atMs: number;

  constructor(capacity: number, nowMs: number) {
    this.#capacity = capacity;
    this.#level = capacity;
    this.#atMs = nowMs;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** A bucket made smaller loses what it cannot hold; one made larger gains what it now can, so that a cut taken back is over at once. */
  resize(capacity: number, nowMs: number): void {
    const level = this.level(nowMs);
    this.#level = Math.min(capacity, level + Math.max(0, capacity - this.#capacity));
    this.#capacity = capacity;
  }

  level(nowMs: number): number {
    const refilled = (Math.max(0, nowMs - this.#atMs) / MINUTE_MS) * this.#capacity;
    this.#level = Math.min(this.#capacity, this.#level + refilled);
    this.#atMs = Math.max(this.#atMs, nowMs);
    return this.#level;
  }

  /** How long until `amount` is there: 0 when it is there now, undefined when the bucket can never hold it. */
  waitMs(amount: number, nowMs: number): number | undefined {
    if (amount > this.#capacity) return undefined;
    const missing = amount - this.level(nowMs);
    return missing <= HAIR ? 0 : this.#refillMs(missing);
  }

  take(amount: number, nowMs: number): void {
    this.#level = this.level(nowMs) - amount;
  }

  giveBack(amount: number, nowMs: number): void {
    this.#level = Math.min(this.#capacity, this.level(nowMs) + amount);
  }

  fullAfterMs(nowMs: number): number {
    return this.#refillMs(this.#capacity - this.level(nowMs));
  }

  #refillMs(amount: number): number {
    return Math.ceil((amount / this.#capacity) * MINUTE_MS - HAIR);
  }
}
