import { messageOf } from '../app-error.ts';
import type { Logger } from '../log.ts';
import { BEAT, HOLDER, LEAVE, RELEASE, TAKE } from './lease-scripts.ts';
import type { RedisLink } from './redis-link.ts';
import type { Leases } from './replicas.ts';

export interface RedisLeasesOptions {
  readonly id: string;
  readonly link: RedisLink;
  readonly log: Logger;
  readonly prefix: string;
  /** How long a heartbeat lasts. */
  readonly livesMs: number;
  readonly tellFree: (lease: string) => void;
}

/** The part of a heartbeat's life at whose end this replica lets go, before Redis lets others take over. */
const SAFE_PART = 0.9;

interface Beat {
  readonly alive: readonly string[];
  /** A life begins: the first one, or this replica was away for too long, or Redis forgot everything. */
  readonly isNew: boolean;
}

export class RedisLeases implements Leases {
  readonly #options: RedisLeasesOptions;
  readonly #held = new Set<string>();
  /** Asked for without hearing the answer: Redis may believe that they are held. */
  readonly #doubtful = new Set<string>();
  /** Being asked for. */
  readonly #asked = new Set<string>();
  readonly #lostListeners = new Set<(names: readonly string[]) => void>();
  readonly #freeListeners = new Set<(name: string | undefined) => void>();
  /** By this process' own monotonic clock. */
  #validUntilMs = 0;
  /** Until then nothing new is taken: others may hold what Redis forgot, and tell it so with their next heartbeat. */
  #cautiousUntilMs = 0;
  #lapse: NodeJS.Timeout | undefined;
  /** Grows whenever everything was let go of, so that an answer from before is not believed. */
  #life = 0;

  constructor(options: RedisLeasesOptions) {
    this.#options = options;
  }

  /** True while this replica may believe that it is alive to the others. */
  get valid(): boolean {
    return performance.now() < this.#validUntilMs;
  }

  async take(name: string): Promise<boolean> {
    if (this.isHeld(name)) return true;
    if (!this.valid || performance.now() < this.#cautiousUntilMs) return false;
    const life = this.#life;
    this.#asked.add(name);
    try {
      const taken = (await this.#run(TAKE, name)) === 1;
      const believed = taken && life === this.#life && this.valid;
      if (believed) this.#noteHeld(name);
      else if (taken) this.#doubtful.add(name);
      return believed;
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error), lease: name }, 'a lease could not be asked for');
      this.#doubtful.add(name);
      return false;
    } finally {
      this.#asked.delete(name);
    }
  }

  async release(name: string): Promise<void> {
    if (this.#held.delete(name)) await this.#giveBack(name);
  }

  isHeld(name: string): boolean {
    return this.valid && this.#held.has(name);
  }

  async holderOf(name: string): Promise<string | undefined> {
    const { link, id } = this.#options;
    if (this.isHeld(name)) return id;
    const holder = await link.run(HOLDER, this.#keys, [name]);
    return typeof holder === 'string' ? holder : undefined;
  }

  onLost(listener: (names: readonly string[]) => void): Disposable {
    this.#lostListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#lostListeners.delete(listener) };
  }

  onFree(listener: (name: string | undefined) => void): Disposable {
    this.#freeListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#freeListeners.delete(listener) };
  }

  /** Renews everything that is held. Throws when Redis does not answer. */
  async beat(): Promise<Beat> {
    const { id, link, livesMs } = this.#options;
    if (!this.valid) this.#letGo();
    const wasValid = this.valid;
    const life = this.#life;
    const sentMs = performance.now();
    const [known, lost, alive] = (await link.run(BEAT, this.#keys, [id, String(livesMs), ...this.#held])) as [number, string[], string[]];
    // It took so long that everything was let go of meanwhile.
    if (life !== this.#life) return { alive, isNew: true };
    this.#extend(sentMs + livesMs * SAFE_PART);
    if (known === 0 && wasValid) this.#beCautious(livesMs);
    this.#drop(lost.filter((name) => this.#held.delete(name)));
    await this.#settleDoubts();
    return { alive, isNew: known === 0 || !wasValid };
  }

  /** Says that all leases of somebody may be free, or one. */
  tellFree(name: string | undefined): void {
    this.#call(this.#freeListeners, name);
  }

  async leave(): Promise<void> {
    const { link, id } = this.#options;
    clearTimeout(this.#lapse);
    this.#validUntilMs = 0;
    this.#held.clear();
    await link.run(LEAVE, this.#keys, [id]);
  }

  get #keys(): readonly string[] {
    const { prefix } = this.#options;
    return [`${prefix}:replicas`, `${prefix}:leases`];
  }

  #run(script: string, name: string): Promise<unknown> {
    const { link, id } = this.#options;
    return link.run(script, this.#keys, [id, name]);
  }

  #noteHeld(name: string): void {
    this.#doubtful.delete(name);
    this.#held.add(name);
  }

  async #giveBack(name: string): Promise<void> {
    try {
      if ((await this.#run(RELEASE, name)) === 1) this.#options.tellFree(name);
    } catch {
      this.#doubtful.add(name);
    }
  }

  async #settleDoubts(): Promise<void> {
    for (const name of [...this.#doubtful]) {
      if (this.#asked.has(name)) continue;
      this.#doubtful.delete(name);
      if (!this.#held.has(name)) await this.#giveBack(name);
    }
  }

  #extend(untilMs: number): void {
    this.#validUntilMs = untilMs;
    clearTimeout(this.#lapse);
    this.#lapse = setTimeout(
      () => {
        if (!this.valid) this.#letGo();
      },
      untilMs - performance.now() + 1,
    );
    this.#lapse.unref();
  }

  #beCautious(forMs: number): void {
    this.#cautiousUntilMs = performance.now() + forMs;
    setTimeout(() => this.tellFree(undefined), forMs + 1).unref();
  }

  /** Others may take over from now on. What Redis still believes is given back with the next heartbeat. */
  #letGo(): void {
    const names = [...this.#held];
    this.#life += 1;
    this.#held.clear();
    for (const name of names) this.#doubtful.add(name);
    this.#drop(names);
  }

  #drop(names: readonly string[]): void {
    if (names.length > 0) this.#call(this.#lostListeners, names);
  }

  #call<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a change of leases could not be taken in');
      }
    }
  }
}
