/**
 * What was opened, closed in the opposite order; Node 20 has no AsyncDisposableStack. Every disposal is tried; the first failure is thrown
 * at the end.
 */
export class Lifetime implements AsyncDisposable {
  readonly #closers: (() => Promise<void> | void)[] = [];

  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.defer(() => (Symbol.asyncDispose in resource ? (resource[Symbol.asyncDispose]() as Promise<void>) : resource[Symbol.dispose]()));
    return resource;
  }

  defer(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs `open` and closes what it had opened so far when it throws; on success the caller owns the lifetime. */
export async function opening<T>(open: (lifetime: Lifetime) => Promise<T>): Promise<T> {
  const lifetime = new Lifetime();
  try {
    return await open(lifetime);
  } catch (error) {
    await lifetime[Symbol.asyncDispose]();
    throw error;
  }
}
