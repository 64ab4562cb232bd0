import type { KubeObject } from '../meta/kube-object.ts';
import { keyOf, type ObjectStore } from '../store/object-store.ts';
import { WatchOverflowError } from '../store/watch-queue.ts';

export interface Follower {
  put(object: KubeObject): void;
  gone(object: KubeObject): void;
  /** Told what `put` or `gone` threw. It stops neither the follower nor the process. */
  failed(error: unknown): void;
}

/**
 * Tells of all objects of one storage, those that are there and from then on each that is written or goes. Where it cannot keep up it looks
 * at all of them again, so that nothing is missed for good: states in between may be.
 */
export class StoreFollower implements Disposable {
  readonly #store: ObjectStore;
  readonly #storage: string;
  readonly #follower: Follower;
  readonly #known = new Map<string, KubeObject>();
  #close: (() => void) | undefined;
  #isOver = false;

  constructor(store: ObjectStore, storage: string, follower: Follower) {
    this.#store = store;
    this.#storage = storage;
    this.#follower = follower;
  }

  /** What is there is told before this returns. */
  start(): void {
    if (this.#isOver) return;
    const watching = this.#store.watch(this.#storage, this.#store.revision);
    // The present revision is never too old.
    if (watching.kind === 'expired') throw new Error(`the store does not know its own revision ${this.#store.revision}`);
    this.#close = () => watching.close();
    this.#relist();
    void this.#follow(watching.queue);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#close?.();
  }

  #relist(): void {
    const present = this.#store.list(this.#storage);
    const keys = new Set(present.map(keyOf));
    for (const [key, object] of [...this.#known]) if (!keys.has(key)) this.#tell('DELETED', object);
    for (const object of present) if (this.#known.get(keyOf(object)) !== object) this.#tell('MODIFIED', object);
  }

  #tell(type: string, object: KubeObject): void {
    const isGone = type === 'DELETED';
    if (isGone) this.#known.delete(keyOf(object));
    else this.#known.set(keyOf(object), object);
    try {
      if (isGone) this.#follower.gone(object);
      else this.#follower.put(object);
    } catch (error) {
      this.#follower.failed(error);
    }
  }

  async #follow(queue: { next(): Promise<readonly { readonly type: string; readonly object: KubeObject }[] | undefined> }): Promise<void> {
    try {
      for (;;) {
        const events = await queue.next();
        if (events === undefined) return;
        for (const { type, object } of events) this.#tell(type, object);
      }
    } catch (error) {
      this.#close?.();
      if (error instanceof WatchOverflowError) this.start();
      else this.#follower.failed(error);
    }
  }
}
