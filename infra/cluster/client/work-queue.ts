import type { Clock } from '../meta/clock.ts';
import { Backoff } from './backoff.ts';

/** A failing key is retried after 5 ms first and after 30 s at the latest; client-go's 1,000 s would outlast a lab. */
const RETRY_BASE_MS = 5;
const RETRY_MAX_MS = 30_000;

/**
 * A queue of keys with client-go's four guarantees:
 *
 * 1. Fair: keys come out in the order in which they were added.
 * 2. Stingy: a key is never handed to two workers at once, and a key added many times before it is handed out is handed out once.
 * 3. Several producers and consumers; a key may be added again while it is being processed, and is then handed out once more after.
 * 4. Shutting down is told: `next` answers undefined once the queue is shut, and what was waiting is dropped.
 *
 * It needs no other bound: it holds a key at most once, so it never holds more than there are objects.
 */
export class WorkQueue implements Disposable {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  /** In insertion order: what is to be handed out. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #addedWhileProcessing = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueMs: number; readonly timer: Disposable }>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #isShut = false;

  constructor(clock: Clock, backoff: Backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS })) {
    this.#clock = clock;
    this.#backoff = backoff;
  }

  get length(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#isShut) return;
    if (this.#processing.has(key)) {
      this.#addedWhileProcessing.add(key);
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#ready.add(key);
      return;
    }
    this.#processing.add(key);
    waiter(key);
  }

  /** Adds the key once the delay is over; of several delays for one key, the one that ends first counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShut) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.now() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined) {
      if (earlier.dueMs <= dueMs) return;
      earlier.timer[Symbol.dispose]();
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Adds the key after its back-off, which doubles with every call until `forget`. */
  addRateLimited(key: string): void {
    this.addAfter(key, this.#backoff.next(key));
  }

  forget(key: string): void {
    this.#backoff.forget(key);
  }

  /** Hands out the next key, waiting for one; undefined means that the queue has been shut. Follow with `done`. */
  next(): Promise<string | undefined> {
    if (this.#isShut) return Promise.resolve(undefined);
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#addedWhileProcessing.delete(key)) this.add(key);
  }

  [Symbol.dispose](): void {
    this.#isShut = true;
    this.#ready.clear();
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }
}
