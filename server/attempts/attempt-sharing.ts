import { z } from 'zod';
import { AppError } from '../app-error.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { Attempt } from './attempt.ts';
import { attemptOf, leaseOf } from './attempt-lease.ts';
import type { HoldersWork } from './attempt-runner.ts';

const CHANGED = 'attempt-changed';
const WORK = 'attempt-work';
const changedSchema = z.object({ attemptId: z.string(), revision: z.int() });
const workSchema = z.object({ attemptId: z.string(), what: z.enum(['check-now', 'look-at-service']) });

export interface SharingParts {
  readonly replicas: Replicas;
  readonly log: Logger;
  /** Another server has stored this revision. */
  readonly onTold: (attemptId: string, revision: number) => void;
  /** Words of others were lost: everything may be newer than it is known here. */
  readonly onMissed: () => void;
  /** Another server wants work done that only the holder does. */
  readonly work: (attemptId: string, what: HoldersWork) => Promise<void>;
  readonly onLost: (attemptId: string) => void;
  /** Undefined: of all attempts that this server does not hold. */
  readonly onFree: (attemptId: string | undefined) => void;
}

/** What the servers tell each other about attempts, and which of them keeps each one going. */
export class AttemptSharing implements Disposable {
  readonly #replicas: Replicas;
  readonly #subscriptions: readonly Disposable[];

  constructor({ replicas, log, onTold, onMissed, work, onLost, onFree }: SharingParts) {
    this.#replicas = replicas;
    const { bus, leases } = replicas;
    this.#subscriptions = [
      bus.subscribe(CHANGED, (message) => {
        const told = changedSchema.safeParse(message);
        if (told.success) onTold(told.data.attemptId, told.data.revision);
        else log.warn('another server told of an attempt in words of another version');
      }),
      bus.answer(WORK, async (message) => {
        const { attemptId, what } = workSchema.parse(message);
        await work(attemptId, what);
        return null;
      }),
      bus.onRejoined(onMissed),
      leases.onLost((names) => names.flatMap(attemptOf).forEach((attemptId) => onLost(attemptId))),
      leases.onFree((name) => (name === undefined ? onFree(undefined) : attemptOf(name).forEach((attemptId) => onFree(attemptId)))),
    ];
  }

  tell({ id, revision }: Attempt): void {
    this.#replicas.bus.publish(CHANGED, { attemptId: id, revision });
  }

  isHeld(attemptId: string): boolean {
    return this.#replicas.leases.isHeld(leaseOf(attemptId));
  }

  take(attemptId: string): Promise<boolean> {
    return this.#replicas.leases.take(leaseOf(attemptId));
  }

  release(attemptId: string): Promise<void> {
    return this.#replicas.leases.release(leaseOf(attemptId));
  }

  /** Throws Unavailable while nobody holds the attempt. */
  async askHolder(attemptId: string, what: HoldersWork): Promise<void> {
    const { id, bus, leases } = this.#replicas;
    const holder = await leases.holderOf(leaseOf(attemptId)).catch(() => undefined);
    if (holder === undefined || holder === id) throw betweenHolders();
    await bus.ask(holder, WORK, { attemptId, what });
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }
}

export function betweenHolders(): AppError {
  return new AppError('Unavailable', 'This attempt is just being taken over by another server.', {
    remedy: 'Wait a moment and try again.',
    retryAfterSeconds: 3,
  });
}
