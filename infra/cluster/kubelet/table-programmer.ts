import { isDeepStrictEqual } from 'node:util';
import type { ClusterRuntime } from '../../runtime/runtime.ts';
import type { ClusterLog } from '../cluster-options.ts';
import { messageOf } from '../client/api-errors.ts';
import { Backoff } from '../client/backoff.ts';
import type { Clock } from '../meta/clock.ts';

/** An informer, as far as a table needs it. */
export interface TableSource {
  readonly synced: Promise<void>;
  subscribe(handler: () => void): Disposable;
}

export interface TableOptions<T> {
  /** For the log: what the table is. */
  readonly name: string;
  readonly sources: readonly TableSource[];
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** Makes the whole table from what the sources hold. */
  readonly plan: () => T;
  readonly apply: (table: T) => Promise<void>;
}

/** Hands over the whole table, one call at a time: what changes during a call is in the next, and an unchanged table is none. */
export class TableProgrammer<T> implements AsyncDisposable {
  readonly #options: TableOptions<T>;
  readonly #retries = new Backoff({ baseMs: 200, maxMs: 10_000 });
  readonly #subscriptions: Disposable[] = [];
  #programmed: T | undefined;
  #isDirty = false;
  #isDisposed = false;
  #working: Promise<void> | undefined;
  #retry: Disposable | undefined;

  constructor(options: TableOptions<T>) {
    this.#options = options;
  }

  /** Resolves once the first table has been tried. */
  async start(): Promise<void> {
    const { sources, runtime } = this.#options;
    await Promise.all(sources.map((source) => source.synced));
    this.#subscriptions.push(
      ...sources.map((source) => source.subscribe(() => void this.changed())),
      runtime.subscribe((event) => {
        if (event.kind !== 'runtime-back') return;
        this.#programmed = undefined;
        void this.changed();
      }),
    );
    await this.changed();
  }

  /** What the table is made from is different now. Resolves when a table that knows it has been tried; never rejects. */
  changed(): Promise<void> {
    this.#isDirty = true;
    if (this.#isDisposed) return Promise.resolve();
    this.#working ??= this.#program();
    return this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions.splice(0)) subscription[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    await this.#working;
  }

  async #program(): Promise<void> {
    // A batch of changes that comes in one turn of the event loop is one table.
    await Promise.resolve();
    try {
      while (this.#isDirty && !this.#isDisposed) {
        this.#isDirty = false;
        await this.#programOnce();
      }
    } finally {
      // In the same step as the loop's last look: a change in between would be forgotten.
      this.#working = undefined;
    }
  }

  async #programOnce(): Promise<void> {
    const { name, clock, log, plan, apply } = this.#options;
    const table = plan();
    if (isDeepStrictEqual(table, this.#programmed)) return;
    try {
      await apply(table);
      this.#programmed = table;
      this.#retries.forget('');
    } catch (error) {
      log.warn({ reason: messageOf(error) }, `${name} not programmed, will retry`);
      this.#retry?.[Symbol.dispose]();
      this.#retry = clock.after(this.#retries.next(''), () => void this.changed());
    }
  }
}
