import { z } from 'zod';
import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';

export interface Limit {
  /** Failures before it refuses. */
  readonly failures: number;
  /** How long a failure counts. */
  readonly windowMs: number;
}

/** More keys than this are not remembered: the oldest goes. Bounds the memory that an attacker with many addresses can take. */
const MAX_KEYS = 10_000;

/** What limiters tell each other. */
const saidSchema = z.object({ kind: z.enum(['failed', 'forget']), key: z.string() });

/** The servers among which a failure counts, and the name by which this limiter is known to them. */
export interface SharedLimit {
  readonly bus: Pick<ReplicaBus, 'publish' | 'subscribe'>;
  readonly name: string;
}

/**
 * Counts failures by key (an address, an account) in a sliding window, those that other servers saw as well. Lost on a restart, which costs an attacker more
 * than it gives; what a server did not hear because Redis was away counts on the server that saw it.
 */
export class FailureLimiter {
  readonly #clock: Clock;
  readonly #limit: Limit;
  readonly #failures = new Map<string, number[]>();
  readonly #say: (kind: z.infer<typeof saidSchema>['kind'], key: string) => void;

  constructor(clock: Clock, limit: Limit, shared?: SharedLimit) {
    this.#clock = clock;
    this.#limit = limit;
    const topic = `failures/${shared?.name ?? ''}`;
    this.#say = (kind, key) => shared?.bus.publish(topic, { kind, key });
    shared?.bus.subscribe(topic, (message) => {
      const said = saidSchema.safeParse(message);
      if (!said.success) return;
      if (said.data.kind === 'failed') this.#note(said.data.key);
      else this.#failures.delete(said.data.key);
    });
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
    this.#note(key);
    this.#say('failed', key);
  }

  forget(key: string): void {
    this.#failures.delete(key);
    this.#say('forget', key);
  }

  #note(key: string): void {
    const recent = [...this.#recent(key), this.#clock.now()];
    this.#failures.delete(key);
    this.#failures.set(key, recent);
    const eldest = this.#failures.keys().next().value;
    if (this.#failures.size > MAX_KEYS && eldest !== undefined) this.#failures.delete(eldest);
  }

  #recent(key: string): number[] {
    const since = this.#clock.now() - this.#limit.windowMs;
    return (this.#failures.get(key) ?? []).filter((atMs) => atMs > since);
  }
}
