import { AppError } from '../app-error.ts';
import type { ReplicaBus, Replicas } from '../replicas/replicas.ts';

type Answer = (message: unknown, fromId: string) => Promise<unknown>;
type Hear = (message: unknown, fromId: string) => void;

/** Replicas in one process: messages arrive a turn later, in order. A test may cut one off, let it back, or end it without a goodbye. */
export class FakeNetwork {
  readonly #members = new Map<string, FakeReplica>();
  readonly #holders = new Map<string, string>();
  /** Topics with their bytes, of everything that was delivered. */
  readonly delivered: { readonly topic: string; readonly message: unknown }[] = [];
  /** Messages of these topics are dropped. */
  readonly dropped = new Set<string>();

  join(id: string): FakeReplica {
    const replica = new FakeReplica(id, this);
    this.#members.set(id, replica);
    return replica;
  }

  member(id: string): FakeReplica | undefined {
    return this.#members.get(id);
  }

  /** Answers what handles it at the other's end. */
  carry(fromId: string, toId: string | undefined, topic: string, message: unknown): void {
    if (this.dropped.has(topic) || this.#members.get(fromId)?.isCut !== false) return;
    const copy = structuredClone(message);
    setImmediate(() => {
      // Nobody is heard any more once the others were told that they are gone.
      if (this.#members.get(fromId)?.isCut !== false) return;
      for (const member of this.#members.values()) {
        if (member.id === fromId || member.isCut || (toId !== undefined && member.id !== toId)) continue;
        this.delivered.push({ topic, message: copy });
        member.hear(topic, copy, fromId);
      }
    });
  }

  take(name: string, id: string): boolean {
    const holder = this.#holders.get(name);
    if (holder !== undefined && holder !== id) return false;
    this.#holders.set(name, id);
    return true;
  }

  holderOf(name: string): string | undefined {
    return this.#holders.get(name);
  }

  release(name: string, id: string): void {
    if (this.#holders.get(name) !== id) return;
    this.#holders.delete(name);
    for (const member of this.#members.values()) if (member.id !== id) member.tellFree(name);
  }

  /** It is gone without a word: its leases are free, the others notice. */
  kill(id: string): void {
    const dead = this.#members.get(id);
    this.#members.delete(id);
    if (dead !== undefined) dead.isCut = true;
    this.#forgetLeases(id);
    for (const member of this.#members.values()) member.tellGone(id);
  }

  /** It runs on and reaches nobody: it lets go, and the others take it for gone. */
  cut(id: string): void {
    const lost = this.#forgetLeases(id);
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.isCut = true;
    member.tellLost(lost);
    for (const other of this.#members.values()) if (other.id !== id) other.tellGone(id);
  }

  heal(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.isCut = false;
    member.tellRejoined();
  }

  #forgetLeases(id: string): readonly string[] {
    const names = [...this.#holders].flatMap(([name, holder]) => (holder === id ? [name] : []));
    for (const name of names) this.#holders.delete(name);
    return names;
  }
}

class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}

class FakeReplica implements Replicas {
  readonly several = true;
  readonly id: string;
  isCut = false;
  readonly bus: ReplicaBus;
  readonly leases: Replicas['leases'];
  readonly #handlers = new Map<string, Set<Hear>>();
  readonly #answers = new Map<string, Answer>();
  readonly #rejoined = new Listeners<undefined>();
  readonly #gone = new Listeners<string>();
  readonly #lost = new Listeners<readonly string[]>();
  readonly #free = new Listeners<string | undefined>();

  constructor(id: string, network: FakeNetwork) {
    this.id = id;
    this.bus = {
      publish: (topic, message) => network.carry(id, undefined, topic, message),
      send: (replicaId, topic, message) => network.carry(id, replicaId, topic, message),
      subscribe: (topic, handler) => {
        const handlers = this.#handlers.get(topic) ?? new Set();
        this.#handlers.set(topic, handlers.add(handler));
        return { [Symbol.dispose]: () => void handlers.delete(handler) };
      },
      ask: async (replicaId, topic, message) => {
        await new Promise((resolve) => setImmediate(resolve));
        const other = network.member(replicaId);
        if (this.isCut || other === undefined || other.isCut || network.dropped.has(topic))
          throw new AppError('Unavailable', 'The other server does not answer.');
        const answer = await other.reply(topic, structuredClone(message), id);
        await new Promise((resolve) => setImmediate(resolve));
        return answer;
      },
      answer: (topic, handler) => {
        this.#answers.set(topic, handler);
        return { [Symbol.dispose]: () => void this.#answers.delete(topic) };
      },
      onRejoined: (listener) => this.#rejoined.add(listener),
      onGone: (listener) => this.#gone.add(listener),
    };
    this.leases = {
      take: async (name) => !this.isCut && network.take(name, id),
      release: async (name) => network.release(name, id),
      isHeld: (name) => !this.isCut && network.holderOf(name) === id,
      holderOf: async (name) => network.holderOf(name),
      onLost: (listener) => this.#lost.add(listener),
      onFree: (listener) => this.#free.add(listener),
    };
  }

  get trouble(): string | undefined {
    return this.isCut ? 'This replica is cut off.' : undefined;
  }

  hear(topic: string, message: unknown, fromId: string): void {
    for (const handler of this.#handlers.get(topic) ?? []) handler(message, fromId);
  }

  async reply(topic: string, message: unknown, fromId: string): Promise<unknown> {
    const answer = this.#answers.get(topic);
    if (answer === undefined) throw new AppError('Unavailable', 'The other server does not answer this.');
    return answer(message, fromId);
  }

  tellFree(name: string | undefined): void {
    this.#free.tell(name);
  }

  tellGone(id: string): void {
    this.#gone.tell(id);
    this.#free.tell(undefined);
  }

  tellLost(names: readonly string[]): void {
    this.#lost.tell(names);
  }

  tellRejoined(): void {
    this.#rejoined.tell(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
