import { z } from 'zod';
import { messageOf } from '../app-error.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { SharedTally } from '../replicas/shared-tally.ts';

const TOPIC = 'drills';
const ASK_TOPIC = 'drills/open';
/** Whoever holds it was there before all who ask for it: drills that are under way are in somebody's hands. */
const LEASE = 'drills';
/** Each takes as long as a server that does not answer is waited for. */
const MAX_TRIES = 3;

const newsSchema = z.object({ drillId: z.string(), seq: z.number() });

export interface SharingParts {
  readonly replicas: Replicas;
  readonly log: Logger;
  /** Another replica added entries to a drill, up to this one. */
  readonly onNews: (drillId: string, seq: number) => Promise<void>;
  /** News may have been missed. */
  readonly onMissed: () => Promise<void>;
  /** The first page of a person came, or the last one went, over all replicas. */
  readonly onPage: (drillId: string, personId: string) => void;
}

/** What replicas tell each other of drills: that entries were added, and whose pages show which drill. */
export class DrillSharing implements AsyncDisposable {
  readonly #parts: SharingParts;
  readonly #pages: SharedTally;
  readonly #subscriptions: readonly Disposable[];
  readonly #opened: Promise<undefined>;
  #noteOpened: (value: undefined) => void = () => undefined;

  constructor(parts: SharingParts) {
    const { bus, leases } = parts.replicas;
    this.#parts = parts;
    this.#opened = new Promise((resolve) => (this.#noteOpened = resolve));
    this.#pages = new SharedTally(bus, 'drill-pages');
    this.#subscriptions = [
      this.#pages,
      this.#pages.subscribe((key) => {
        const [drillId = '', personId = ''] = key.split(' ');
        parts.onPage(drillId, personId);
      }),
      bus.subscribe(TOPIC, (message) => {
        const news = newsSchema.safeParse(message);
        if (news.success) this.#follow(parts.onNews(news.data.drillId, news.data.seq));
      }),
      bus.onRejoined(() => this.#follow(parts.onMissed())),
      bus.answer(ASK_TOPIC, () => this.#opened),
      leases.onFree((name) => {
        if (name === undefined || name === LEASE) this.#follow(leases.take(LEASE));
      }),
    ];
  }

  /** True where one server serves alone: what it has in memory is the newest. */
  get isAlone(): boolean {
    return !this.#parts.replicas.several;
  }

  /**
   * True for the first server after none was there, which must make good what nobody did meanwhile. Whoever comes later waits until that is done and then
   * finds drills in good hands: they went on, and their clocks with them.
   */
  async takeUp(): Promise<boolean> {
    // One that died a moment ago holds its lease until that is noticed.
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      if (await this.#parts.replicas.leases.take(LEASE)) return true;
      if (await this.#firstHasOpened()) return false;
    }
    this.#parts.log.warn('the server that takes up drills does not answer');
    return false;
  }

  /** What was left behind is taken up: those who wait may begin. */
  noteOpened(): void {
    this.#noteOpened(undefined);
  }

  tell(drillId: string, seq: number): void {
    this.#parts.replicas.bus.publish(TOPIC, { drillId, seq });
  }

  /** A page of the person shows the drill, until it is disposed. */
  arrive(drillId: string, personId: string): Disposable {
    return this.#pages.add(`${drillId} ${personId}`);
  }

  /** On any replica. */
  hasPage(drillId: string, personId: string): boolean {
    return this.#pages.total(`${drillId} ${personId}`) > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#parts.replicas.leases.release(LEASE);
  }

  async #firstHasOpened(): Promise<boolean> {
    const { bus, leases } = this.#parts.replicas;
    const first = await leases.holderOf(LEASE);
    if (first === undefined) return false;
    return bus.ask(first, ASK_TOPIC, null).then(
      () => true,
      () => false,
    );
  }

  #follow(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#parts.log.warn({ reason: messageOf(error) }, 'what other servers did with drills could not be read');
    });
  }
}
