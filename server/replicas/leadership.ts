import { repeat, type Clock } from '../clock.ts';
import type { Leases } from './replicas.ts';

export const LEADER = 'leader';
/** Words that the lease is free may be lost; this is how long nobody would lead. */
const ASK_EVERY_MS = 15_000;

/** Which of the servers does what only one may do and any of them can. A server that is alone leads from its start to its end. */
export class Leadership implements AsyncDisposable {
  readonly #leases: Leases;
  readonly #works = new Map<() => Disposable, Disposable | undefined>();
  readonly #subscriptions: readonly Disposable[];
  #leads = false;
  #ended = false;

  private constructor(leases: Leases, clock: Clock) {
    this.#leases = leases;
    this.#subscriptions = [
      repeat(clock, ASK_EVERY_MS, () => this.#try()),
      leases.onFree((name) => {
        if (name === undefined || name === LEADER) void this.#try();
      }),
      leases.onLost((names) => {
        if (names.includes(LEADER)) this.#set(false);
      }),
    ];
  }

  static async start(leases: Leases, clock: Clock): Promise<Leadership> {
    const leadership = new Leadership(leases, clock);
    await leadership.#try();
    return leadership;
  }

  /** For what is decided now. */
  get leads(): boolean {
    return this.#leads && this.#leases.isHeld(LEADER);
  }

  /** Begins the work whenever this server becomes the leader, at once when it is, and disposes of what it gave when it is the leader no more. */
  whileLeader(begin: () => Disposable): Disposable {
    this.#works.set(begin, this.#leads ? begin() : undefined);
    return {
      [Symbol.dispose]: () => {
        this.#works.get(begin)?.[Symbol.dispose]();
        this.#works.delete(begin);
      },
    };
  }

  /** Lets another one lead at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#set(false);
    await this.#leases.release(LEADER);
  }

  async #try(): Promise<void> {
    if (this.leads || !(await this.#leases.take(LEADER))) return;
    if (this.#ended) await this.#leases.release(LEADER);
    else this.#set(this.#leases.isHeld(LEADER));
  }

  #set(leads: boolean): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    for (const [begin, begun] of this.#works) {
      begun?.[Symbol.dispose]();
      this.#works.set(begin, leads ? begin() : undefined);
    }
  }
}
