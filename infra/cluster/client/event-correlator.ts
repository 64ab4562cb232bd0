/** What an event says, before it is known whether it is a new one, a repeat or spam. */
export interface EventFacts {
  /** Identifies the object: kind, namespace, name, uid and resource version aside from its field path. */
  readonly objectKey: string;
  readonly fieldPath: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** How the recorder writes an event down: not at all, as a new object, or as one more of an object it wrote before. */
export type Correlation =
  | { readonly kind: 'drop' }
  | { readonly kind: 'create'; readonly message: string; readonly seriesKey: string }
  | { readonly kind: 'repeat'; readonly message: string; readonly seriesKey: string; readonly count: number; readonly eventName: string };

/** client-go's defaults: 25 events of one source about one object at once, then one in five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
/** More than ten different messages of one reason within ten minutes are combined into one event. */
const AGGREGATE_MAX_MESSAGES = 10;
const AGGREGATE_WINDOW_MS = 600_000;
/** As client-go's caches; the least recently used entry goes first. */
const MAX_ENTRIES = 4096;

/**
 * Decides, as client-go's EventCorrelator does, which events become new objects, which raise the count of an earlier one, and which
 * are spam. One a source component.
 */
export class EventCorrelator {
  readonly #spam = new Map<string, { tokens: number; refilledAtMs: number }>();
  readonly #aggregates = new Map<string, { messages: Set<string>; lastMs: number }>();
  readonly #series = new Map<string, { count: number; eventName: string }>();

  correlate(facts: EventFacts, nowMs: number): Correlation {
    if (!this.#takeToken(facts.objectKey, nowMs)) return { kind: 'drop' };
    const { message, seriesKey } = this.#aggregate(facts, nowMs);
    const known = this.#series.get(seriesKey);
    if (known === undefined) return { kind: 'create', message, seriesKey };
    remember(this.#series, seriesKey, { count: known.count + 1, eventName: known.eventName });
    return { kind: 'repeat', message, seriesKey, count: known.count + 1, eventName: known.eventName };
  }

  /** Tells under which name a `create` was written; later ones of the series are repeats of it. */
  created(seriesKey: string, eventName: string): void {
    remember(this.#series, seriesKey, { count: 1, eventName });
  }

  /** Tells that the event of a `repeat` is gone; the next of the series is a new one. */
  vanished(seriesKey: string): void {
    this.#series.delete(seriesKey);
  }

  #takeToken(objectKey: string, nowMs: number): boolean {
    const bucket = this.#spam.get(objectKey) ?? { tokens: SPAM_BURST, refilledAtMs: nowMs };
    const tokens = Math.min(SPAM_BURST, bucket.tokens + (nowMs - bucket.refilledAtMs) / SPAM_REFILL_MS);
    const allowed = tokens >= 1;
    remember(this.#spam, objectKey, { tokens: allowed ? tokens - 1 : tokens, refilledAtMs: nowMs });
    return allowed;
  }

  #aggregate(facts: EventFacts, nowMs: number): { readonly message: string; readonly seriesKey: string } {
    const aggregateKey = [facts.objectKey, facts.type, facts.reason].join('\u0000');
    const known = this.#aggregates.get(aggregateKey);
    const messages = known === undefined || nowMs - known.lastMs > AGGREGATE_WINDOW_MS ? new Set<string>() : known.messages;
    messages.add(facts.message);
    remember(this.#aggregates, aggregateKey, { messages, lastMs: nowMs });
    if (messages.size <= AGGREGATE_MAX_MESSAGES) {
      return { message: facts.message, seriesKey: [aggregateKey, facts.fieldPath, facts.message].join('\u0000') };
    }
    messages.delete(facts.message);
    return { message: `(combined from similar events): ${facts.message}`, seriesKey: [aggregateKey, 'combined'].join('\u0000') };
  }
}

/** Sets and moves to the young end; drops the oldest entry when the map is full. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_ENTRIES) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
