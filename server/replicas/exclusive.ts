import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import { Turns } from '../turns.ts';
import type { Leases } from './replicas.ts';

export interface ExclusiveParts {
  readonly leases: Pick<Leases, 'take' | 'release' | 'onFree'>;
  readonly clock: Clock;
}

/** Work that somebody waits for is over by then, or its server is gone. */
const GIVE_UP_AFTER_MS = 15_000;
/** A word that it is free may be lost. */
const ASK_AGAIN_AFTER_MS = 500;

/**
 * Work under the same name goes one after the other, over all servers; other names do not wait. What is stored must be safe without it: a server that is cut off
 * lets go of its leases in the middle of its work.
 */
export class Exclusive {
  readonly #parts: ExclusiveParts;
  readonly #turns = new Turns();

  constructor(parts: ExclusiveParts) {
    this.#parts = parts;
  }

  /** Throws AppError `Unavailable` when another server does not let go within {@link GIVE_UP_AFTER_MS}; then nothing was done. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(name, () => this.#withLease(name, work));
  }

  async #withLease<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { leases, clock } = this.#parts;
    const untilMs = clock.now() + GIVE_UP_AFTER_MS;
    while (!(await leases.take(name))) {
      if (clock.now() >= untilMs)
        throw new AppError('Unavailable', 'Another server is at the same thing and does not finish.', {
          remedy: 'Nothing was changed. Try again in a moment.',
        });
      await this.#untilFree(name);
    }
    try {
      return await work();
    } finally {
      await leases.release(name);
    }
  }

  #untilFree(name: string): Promise<void> {
    const { leases, clock } = this.#parts;
    return new Promise((resolve) => {
      const done = (): void => {
        free[Symbol.dispose]();
        timer[Symbol.dispose]();
        resolve();
      };
      const free = leases.onFree((freed) => {
        if (freed === undefined || freed === name) done();
      });
      const timer = clock.after(ASK_AGAIN_AFTER_MS, done);
    });
  }
}
