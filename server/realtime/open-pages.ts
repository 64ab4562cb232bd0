import { z } from 'zod';
import { messageSchema, type Message } from '../contract/events.ts';
import type { Presence } from '../http/services.ts';
import { SharedTally } from '../replicas/shared-tally.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';

const TOPIC = 'pages/message';
const deliverySchema = z.object({ personId: z.string(), message: messageSchema });

/** What is told to a person's pages on this server. */
export type Tell = (personId: string, message: Message) => void;

/** Who has a page open, on whichever server; filled by the sockets, asked by the roster and the messages. */
export class OpenPages implements Presence, Disposable {
  readonly #bus: ReplicaBus;
  readonly #tally: SharedTally;
  readonly #subscription: Disposable;
  #tell: Tell = () => undefined;

  constructor(bus: ReplicaBus) {
    this.#bus = bus;
    this.#tally = new SharedTally(bus, 'pages/open');
    this.#subscription = bus.subscribe(TOPIC, (message) => {
      const parsed = deliverySchema.safeParse(message);
      if (parsed.success) this.#tell(parsed.data.personId, parsed.data.message);
    });
  }

  isConnected(personId: string): boolean {
    return this.#tally.total(personId) > 0;
  }

  /** True when the person has a page open, which may be on another server. */
  deliver(personId: string, message: Message): boolean {
    if (!this.isConnected(personId)) return false;
    this.#tell(personId, message);
    this.#bus.publish(TOPIC, { personId, message });
    return true;
  }

  /** The way to this server's pages, from now on. */
  deliverBy(tell: Tell): void {
    this.#tell = tell;
  }

  /** How many people have a page open on this server. */
  get people(): number {
    return this.#tally.ownSize;
  }

  /** A person's pages on all servers. */
  count(personId: string): number {
    return this.#tally.total(personId);
  }

  /** One more page of the person, until it is disposed. */
  enter(personId: string): Disposable {
    return this.#tally.add(personId);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#tally[Symbol.dispose]();
  }
}
