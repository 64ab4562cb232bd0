import { z } from 'zod';
import type { ReplicaBus } from './replicas.ts';

const saidSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('count'), key: z.string(), count: z.number() }),
  z.object({ kind: z.literal('all'), counts: z.array(z.tuple([z.string(), z.number()])) }),
  z.object({ kind: z.literal('hello') }),
]);
type Said = z.infer<typeof saidSchema>;

/**
 * Counts of what is open somewhere (pages, watchers), by key, over all replicas. Each replica tells the others its own counts, as they are and not
 * how they changed, so that what was missed is made good by the next word; what a replica had that went is gone with it. Others' counts arrive a
 * moment later than one's own.
 */
export class SharedTally implements Disposable {
  readonly #bus: Pick<ReplicaBus, 'publish' | 'send' | 'subscribe' | 'onRejoined' | 'onGone'>;
  readonly #topic: string;
  readonly #own = new Map<string, number>();
  readonly #others = new Map<string, Map<string, number>>();
  /** In the order in which the keys came. */
  readonly #totals = new Map<string, number>();
  readonly #listeners = new Set<(key: string) => void>();
  readonly #subscriptions: readonly Disposable[];

  constructor(bus: Pick<ReplicaBus, 'publish' | 'send' | 'subscribe' | 'onRejoined' | 'onGone'>, topic: string) {
    this.#bus = bus;
    this.#topic = topic;
    this.#subscriptions = [
      bus.subscribe(topic, (message, fromId) => this.#hear(message, fromId)),
      bus.onRejoined(() => {
        this.#say(this.#all());
        this.#say({ kind: 'hello' });
      }),
      bus.onGone((replicaId) => this.#replace(replicaId, new Map())),
    ];
    this.#say({ kind: 'hello' });
  }

  /** The keys that somebody somewhere counts, in the order in which they came. */
  get keys(): readonly string[] {
    return [...this.#totals.keys()];
  }

  /** How many keys are counted here. */
  get ownSize(): number {
    return this.#own.size;
  }

  total(key: string): number {
    return this.#totals.get(key) ?? 0;
  }

  /** Counts one more here until it is disposed. */
  add(key: string): Disposable {
    this.#countOwn(key, 1);
    let counts = true;
    return {
      [Symbol.dispose]: () => {
        if (counts) this.#countOwn(key, -1);
        counts = false;
      },
    };
  }

  /** Called when a key came or went, not for a second one of the same. */
  subscribe(listener: (key: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#listeners.clear();
  }

  #countOwn(key: string, by: 1 | -1): void {
    const count = (this.#own.get(key) ?? 0) + by;
    setCount(this.#own, key, count);
    this.#say({ kind: 'count', key, count });
    this.#shift(key, by);
  }

  #hear(message: unknown, fromId: string): void {
    const parsed = saidSchema.safeParse(message);
    // A replica of another version may say more.
    if (!parsed.success) return;
    const said = parsed.data;
    const counts = this.#others.get(fromId) ?? new Map<string, number>();
    if (said.kind === 'hello') this.#bus.send(fromId, this.#topic, this.#all());
    else if (said.kind === 'all') this.#replace(fromId, new Map(said.counts));
    else {
      const before = counts.get(said.key) ?? 0;
      setCount(counts, said.key, said.count);
      this.#others.set(fromId, counts);
      this.#shift(said.key, said.count - before);
    }
  }

  #replace(replicaId: string, counts: Map<string, number>): void {
    const before = this.#others.get(replicaId) ?? new Map<string, number>();
    if (counts.size > 0) this.#others.set(replicaId, counts);
    else this.#others.delete(replicaId);
    for (const key of new Set([...before.keys(), ...counts.keys()])) this.#shift(key, (counts.get(key) ?? 0) - (before.get(key) ?? 0));
  }

  #shift(key: string, by: number): void {
    const before = this.total(key);
    setCount(this.#totals, key, before + by);
    if (before > 0 === before + by > 0) return;
    for (const listener of [...this.#listeners]) listener(key);
  }

  #all(): Said {
    return { kind: 'all', counts: [...this.#own] };
  }

  #say(said: Said): void {
    this.#bus.publish(this.#topic, said);
  }
}

function setCount(counts: Map<string, number>, key: string, count: number): void {
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
