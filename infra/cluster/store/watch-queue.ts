import type { StoreEvent } from './object-store.ts';

/** Events that one watcher may have waiting, and how much JSON they may be; a slower one is told that its history is gone. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 32 * 1_048_576;

export class WatchOverflowError extends Error {}

/** What one watcher has yet to take. Ends when closed; throws WatchOverflowError from `next` when the watcher was too slow. */
export class WatchQueue {
  #events: StoreEvent[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #state: 'open' | 'closed' | 'overflown' = 'open';

  push(event: StoreEvent): void {
    if (this.#state !== 'open') return;
    this.#bytes += event.bytes;
    if (this.#events.length >= MAX_WAITING || (this.#bytes > MAX_WAITING_BYTES && this.#events.length > 0)) {
      this.#state = 'overflown';
      this.#events = [];
    } else {
      this.#events.push(event);
    }
    this.#awake();
  }

  close(): void {
    if (this.#state === 'open') this.#state = 'closed';
    this.#awake();
  }

  /** Waits for at least one event and takes all; undefined once closed and empty. */
  async next(): Promise<readonly StoreEvent[] | undefined> {
    while (this.#events.length === 0 && this.#state === 'open') await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#state === 'overflown') throw new WatchOverflowError('the watcher was too slow');
    if (this.#events.length === 0) return undefined;
    const taken = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return taken;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
