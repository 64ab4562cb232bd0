/** Time as the orchestrator sees it, injected so that tests run an hour's attempt at once. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `delayMs`; disposing cancels. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): Disposable;
}

/** Delays past this overflow Node's timer and would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Calls back every `everyMs` until disposed. A callback that takes longer than that is not overlapped by the next. */
export function repeat(clock: Clock, everyMs: number, callback: () => Promise<void>): Disposable {
  let ended = false;
  let timer: Disposable | undefined;
  const schedule = (): void => {
    if (!ended) timer = clock.after(everyMs, () => void callback().finally(schedule));
  };
  schedule();
  return {
    [Symbol.dispose]: () => {
      ended = true;
      timer?.[Symbol.dispose]();
    },
  };
}

/** Resolves after `delayMs` of the clock's time, or rejects with the signal's reason when there is one and it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Settles as `work` does, or resolves with `late` when that takes longer than `withinMs`. Late work goes on; what it then comes to, a failure as well, is passed over.
 */
export async function orLate<T>(clock: Clock, work: Promise<T>, withinMs: number, late: T): Promise<T> {
  let timer: Disposable | undefined;
  const lateness = new Promise<T>((resolve) => {
    timer = clock.after(withinMs, () => resolve(late));
  });
  try {
    return await Promise.race([work, lateness]);
  } finally {
    timer?.[Symbol.dispose]();
  }
}

/** RFC 3339 in UTC, as everything in the contract gives times. */
export function toInstant(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function toInstantOrNull(atMs: number | null): string | null {
  return atMs === null ? null : toInstant(atMs);
}

export const DAY_MS = 24 * 3_600_000;
