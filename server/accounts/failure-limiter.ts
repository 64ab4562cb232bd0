import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';

export interface Limit {
  /** Failures before it refuses. */
  readonly failures: number;
  /** How long a failure counts. */
  readonly windowMs: number;
}

/** More keys than this are not remembered: the oldest goes. Bounds the memory that an attacker with many addresses can take. */
const MAX_KEYS = 10_000;

/** Counts failures by key (an address, an account) in a sliding window. Lost on a restart, which costs an attacker more than it gives. */
export class FailureLimiter {
  readonly #clock: Clock;
  readonly #limit: Limit;
  readonly #failures = new Map<string, number[]>();

  constructor(clock: Clock, limit: Limit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Throws TooManyRequests, with the seconds until the oldest failure is forgotten. */
  check(key: string): void {
    const recent = this.#recent(key);
    const oldest = recent[0];
    if (oldest === undefined || recent.length < this.#limit.failures) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((oldest + this.#limit.windowMs - this.#clock.now()) / 1000));
    throw new AppError('TooManyRequests', 'Too many failed tries.', {
      retryAfterSeconds,
      remedy: `Wait ${retryAfterSeconds} seconds and try again, or ask your administrator for a new link.`,
    });
  }

  fail(key: string): void {
    const recent = [...this.#recent(key), this.#clock.now()];
    this.#failures.delete(key);
    this.#failures.set(key, recent);
    const eldest = this.#failures.keys().next().value;
    if (this.#failures.size > MAX_KEYS && eldest !== undefined) this.#failures.delete(eldest);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  #recent(key: string): number[] {
    const since = this.#clock.now() - this.#limit.windowMs;
    return (this.#failures.get(key) ?? []).filter((atMs) => atMs > since);
  }
}
