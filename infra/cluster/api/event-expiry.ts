import type { Clock } from '../meta/clock.ts';
import type { Event } from '../meta/generated/types.ts';
import { keyOf, type ObjectStore } from '../store/object-store.ts';

/** The API server's default for --event-ttl, counted from the last time an event was written. */
const TTL_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** Kubernetes has no such bound; here a store is in memory. The oldest go first. */
const MAX_EVENTS = 10_000;
const storage = '/events';

/** Removes events that are an hour old, as Kubernetes does, every minute of the clock's time. */
export class EventExpiry implements Disposable {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  #timer: Disposable | undefined;

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    this.#timer = this.#clock.after(SWEEP_MS, () => {
      for (const event of planExpiry(this.#store.list(storage) as readonly Event[], this.#clock.now()))
        this.#store.delete(storage, keyOf(event));
      this.#arm();
    });
  }
}

/** The events that are to go. Pure. */
export function planExpiry(events: readonly Event[], nowMs: number, maxEvents = MAX_EVENTS): readonly Event[] {
  const [old, young] = [
    events.filter((event) => nowMs - writtenMs(event) >= TTL_MS),
    events.filter((event) => nowMs - writtenMs(event) < TTL_MS),
  ];
  const tooMany = young.length - maxEvents;
  if (tooMany <= 0) return old;
  return [...old, ...[...young].sort((a, b) => writtenMs(a) - writtenMs(b)).slice(0, tooMany)];
}

/** When an event was last written, by the latest of its times. */
function writtenMs({ metadata, lastTimestamp, eventTime, series }: Event): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(0, ...times.map((time) => (typeof time === 'string' ? Date.parse(time) : Number.NaN)).filter((ms) => !Number.isNaN(ms)));
}
