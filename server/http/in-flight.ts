import type { RequestListener } from 'node:http';
import { orLate, type Clock } from '../clock.ts';

/** Requests that are being answered, so that a server that stops may let them finish. */
export class InFlight {
  #count = 0;
  readonly #whenNone = new Set<() => void>();

  /** Counts what goes through. */
  counting(next: RequestListener): RequestListener {
    return (request, response) => {
      this.#count += 1;
      response.once('close', () => {
        this.#count -= 1;
        if (this.#count > 0) return;
        for (const resolve of this.#whenNone) resolve();
        this.#whenNone.clear();
      });
      next(request, response);
    };
  }

  /** Resolves when nothing is being answered any more, or when that takes longer than `atMostMs`. */
  async settled(clock: Clock, atMostMs: number): Promise<void> {
    if (this.#count === 0) return;
    await orLate(clock, new Promise<void>((resolve) => this.#whenNone.add(resolve)), atMostMs, undefined);
  }
}
