import { tooManyRequests } from '../meta/status-error.ts';

/** Watches, followed logs, shells and proxied requests that one user may have open at a time on one cluster. */
const MAX_OPEN_OF_USER = 256;
const RETRY_AFTER_SECONDS = 5;

/** Counts requests that stay: they take no turns with the others, so that their number is what must be bounded. */
export class OpenRequests {
  readonly #open = new Map<string, number>();
  readonly #maxOfUser: number;

  constructor(maxOfUser = MAX_OPEN_OF_USER) {
    this.#maxOfUser = maxOfUser;
  }

  /** Takes a place until it is disposed, or throws TooManyRequests. */
  enter(user: string): Disposable {
    const open = this.#open.get(user) ?? 0;
    if (open >= this.#maxOfUser) {
      throw tooManyRequests('Too many watches and streams are open, please close some and try again later.', RETRY_AFTER_SECONDS);
    }
    this.#open.set(user, open + 1);
    let isOpen = true;
    return {
      [Symbol.dispose]: () => {
        if (!isOpen) return;
        isOpen = false;
        const rest = (this.#open.get(user) ?? 1) - 1;
        if (rest === 0) this.#open.delete(user);
        else this.#open.set(user, rest);
      },
    };
  }
}
