import type { StoreEvent } from './object-store.ts';

/** How many past events of one resource are kept for watchers that start behind. */
const MAX_EVENTS = 1_000;
/** And how much JSON they may be, which is about a quarter of what they take: what objects were is soon more than what they are. */
const MAX_BYTES = 1_048_576;

/** The latest events of one resource, oldest first. */
export class EventHistory {
  readonly #events: StoreEvent[] = [];
  #bytes = 0;
  /** Watches that start before this revision have missed something. */
  compactedRevision: number;

  constructor(compactedRevision: number) {
    this.compactedRevision = compactedRevision;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    this.#bytes += event.bytes;
    // Cut in large steps: removing from the front is linear.
    if (this.#events.length > 2 * MAX_EVENTS || this.#bytes > 2 * MAX_BYTES) this.#cut();
  }

  /** What came after the revision. */
  after(revision: number): readonly StoreEvent[] {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  #cut(): void {
    let dropped = 0;
    while (this.#events.length - dropped > MAX_EVENTS || (this.#bytes > MAX_BYTES && dropped < this.#events.length)) {
      this.#bytes -= this.#events[dropped]?.bytes ?? 0;
      dropped += 1;
    }
    this.compactedRevision = this.#events[dropped - 1]?.revision ?? this.compactedRevision;
    this.#events.splice(0, dropped);
  }
}
