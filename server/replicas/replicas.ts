import { randomBytes } from 'node:crypto';

/**
 * One server among several that share a database. Every replica serves every request; what may be done by one of them only (jobs of an attempt, sweeps,
 * shells) is done by whoever holds its lease.
 */
export interface Replicas extends AsyncDisposable {
  /** Of this process: another one with every start. */
  readonly id: string;
  /** False where this server is alone: nothing is shared with anybody, and every lease is its own. */
  readonly several: boolean;
  /** Why this replica is cut off from the others, as a sentence; undefined while it is not. */
  readonly trouble: string | undefined;
  readonly bus: ReplicaBus;
  readonly leases: Leases;
}

/** Messages among replicas: JSON values, or bytes within them as `Uint8Array`. At most once, in the order in which one replica sent them. */
export interface ReplicaBus {
  /** To all others, never to oneself. What cannot be sent now is dropped: who rejoins reads anew. */
  publish(topic: string, message: unknown): void;
  /** To one other, without an answer. */
  send(replicaId: string, topic: string, message: unknown): void;
  subscribe(topic: string, handler: (message: unknown, fromId: string) => void): Disposable;
  /** To one other, or to oneself, with an answer within some seconds. Throws what the other threw, when that is an AppError; AppError `Unavailable` when there is no answer. */
  ask(replicaId: string, topic: string, message: unknown): Promise<unknown>;
  answer(topic: string, handler: (message: unknown, fromId: string) => Promise<unknown>): Disposable;
  /** The way to the others is back: messages were missed, so what they would have changed is to be read anew. */
  onRejoined(listener: () => void): Disposable;
  /** Another replica went, orderly or not: whatever was had of it is to be looked for elsewhere. */
  onGone(listener: (replicaId: string) => void): Disposable;
}

/**
 * Who does what only one may do. A lease lasts while its holder is seen alive; a holder that was cut off lets go by itself before another may take over.
 * What is stored is safe even where two believe themselves to be the holder for a moment, because every row that changes is guarded by its revision.
 */
export interface Leases {
  /** True when this replica holds it afterwards. False when another living one does, or nobody can say: onFree tells when to ask again. */
  take(name: string): Promise<boolean>;
  /** Lets go of it and tells the others. What is not held is let alone. */
  release(name: string): Promise<void>;
  /** Known without asking; false from the moment at which another may have taken over. */
  isHeld(name: string): boolean;
  /** The living replica that holds it. */
  holderOf(name: string): Promise<string | undefined>;
  /** Leases that this replica held and does not hold any more, without having released them. */
  onLost(listener: (names: readonly string[]) => void): Disposable;
  /** Some lease may be free now; undefined: any of those of a replica that went. */
  onFree(listener: (name: string | undefined) => void): Disposable;
}

const nothingToDispose: Disposable = { [Symbol.dispose]: () => undefined };

/** A server that shares its data with no other. */
export function aloneReplicas(): Replicas {
  const id = `alone-${randomBytes(4).toString('hex')}`;
  const answers = new Map<string, (message: unknown, fromId: string) => Promise<unknown>>();
  return {
    id,
    several: false,
    trouble: undefined,
    bus: {
      publish: () => undefined,
      send: () => undefined,
      subscribe: () => nothingToDispose,
      ask: async (_replicaId, topic, message) => answers.get(topic)?.(message, id),
      answer: (topic, handler) => {
        answers.set(topic, handler);
        return { [Symbol.dispose]: () => void answers.delete(topic) };
      },
      onRejoined: () => nothingToDispose,
      onGone: () => nothingToDispose,
    },
    leases: {
      take: async () => true,
      release: async () => undefined,
      isHeld: () => true,
      holderOf: async () => id,
      onLost: () => nothingToDispose,
      onFree: () => nothingToDispose,
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
