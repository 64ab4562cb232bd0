import type { ClusterLog } from '../cluster-options.ts';
import { sleep, type Clock } from '../meta/clock.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import type { ApiClient, WatchEvent } from './api-client.ts';
import { isExpired, messageOf } from './api-errors.ts';
import { Backoff } from './backoff.ts';
import { keyOf, type ObjectKey } from './object-key.ts';
import { resourceId } from './resources.ts';

const RELIST_BASE_MS = 50;
const RELIST_MAX_MS = 10_000;

export type InformerEvent<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T };

export type IndexFunction<T> = (object: T) => readonly string[];

export interface InformerOptions {
  readonly api: ApiClient;
  readonly ref: ResourceRef;
  readonly clock: Clock;
  readonly log: ClusterLog;
  readonly signal: AbortSignal;
}

/**
 * A local, eventually consistent copy of all objects of one resource: a list, then a watch, then a list again whenever the watch
 * says Expired or breaks. Objects are borrowed from the server and frozen. Handlers run synchronously and in order, after the
 * copy has changed; they may only note what to do (add a key to a queue). A list that replaces the copy tells handlers of
 * just the differences, so that no change of state goes untold, though intermediate states may.
 */
export class Informer<T extends KubeObject> {
  readonly ref: ResourceRef;
  /** Resolves after the first complete list; never rejects. Does not resolve when the informer is stopped before that. */
  readonly synced: Promise<void>;
  readonly #options: InformerOptions;
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Map<string, { readonly valuesOf: IndexFunction<T>; readonly keys: Map<string, Set<ObjectKey>> }>();
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();
  #resolveSynced: () => void = () => {};
  #hasSynced = false;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.ref = options.ref;
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    this.addIndex('namespace', (object) => [object.metadata.namespace ?? '']);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  inNamespace(namespace: string): readonly T[] {
    return this.byIndex('namespace', namespace);
  }

  /** Adds a named index; adding it again is without effect, so that several owners of a shared informer can ask for it. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = { valuesOf, keys: new Map<string, Set<ObjectKey>>() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) addToIndex(index.keys, valuesOf(object), key);
  }

  byIndex(name: string, value: string): readonly T[] {
    const keys = this.#indexes.get(name)?.keys.get(value);
    if (keys === undefined) return [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Calls back for every change from now on, and first, at once, with `added` for every object that is here already. */
  subscribe(handler: (event: InformerEvent<T>) => void): Disposable {
    this.#handlers.add(handler);
    for (const object of this.#objects.values()) this.#tell(handler, { type: 'added', object });
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  /** Lists and watches until the signal aborts; resolves then. */
  async run(): Promise<void> {
    const { signal, clock, log, ref } = this.#options;
    const backoff = new Backoff({ baseMs: RELIST_BASE_MS, maxMs: RELIST_MAX_MS });
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(() => backoff.forget(''));
      } catch (error) {
        if (isAborted(signal)) return;
        if (isExpired(error)) continue;
        log.warn({ resource: resourceId(ref), reason: messageOf(error) }, 'watch broke, will list again');
        await sleep(clock, backoff.next(''), signal).catch(() => {});
      }
    }
  }

  async #listAndWatch(onHealthy: () => void): Promise<void> {
    const { api, ref, signal } = this.#options;
    const list = await api.list<T>(ref);
    this.#replace(list.items);
    this.#hasSynced = true;
    this.#resolveSynced();
    let { resourceVersion } = list;
    // A server may end a watch in good order; going on from the last seen version saves the list.
    while (!isAborted(signal)) {
      const startedAtVersion = resourceVersion;
      for await (const event of api.watch<T>(ref, { resourceVersion, signal })) {
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        this.#apply(event);
        onHealthy();
      }
      if (resourceVersion === startedAtVersion) throw new Error('the watch ended without a single event');
    }
  }

  #replace(items: readonly T[]): void {
    const gone = new Map(this.#objects);
    for (const object of items) {
      gone.delete(keyOf(object));
      this.#put(object);
    }
    for (const object of gone.values()) this.#remove(object);
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') this.#remove(event.object);
    else this.#put(event.object);
  }

  #put(object: T): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && previous.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      // Deleted and made anew while nobody watched: two things, not one that changed.
      this.#remove(previous);
      this.#put(object);
      return;
    }
    this.#objects.set(key, object);
    for (const { valuesOf, keys } of this.#indexes.values()) {
      if (previous !== undefined) removeFromIndex(keys, valuesOf(previous), key);
      addToIndex(keys, valuesOf(object), key);
    }
    this.#tellAll(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
  }

  /** `last` is the object's last state, which a deletion carries and which may be newer than the copy. */
  #remove(last: T): void {
    const key = keyOf(last);
    const held = this.#objects.get(key);
    if (held === undefined) return;
    this.#objects.delete(key);
    for (const { valuesOf, keys } of this.#indexes.values()) removeFromIndex(keys, valuesOf(held), key);
    this.#tellAll({ type: 'deleted', object: last });
  }

  #tellAll(event: InformerEvent<T>): void {
    for (const handler of this.#handlers) this.#tell(handler, event);
  }

  #tell(handler: (event: InformerEvent<T>) => void, event: InformerEvent<T>): void {
    try {
      handler(event);
    } catch (error) {
      this.#options.log.error({ resource: resourceId(this.ref), reason: messageOf(error) }, 'an informer handler threw');
    }
  }
}

/** A call rather than a property, because the compiler would take a second look at `signal.aborted` for settled. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function addToIndex(keys: Map<string, Set<ObjectKey>>, values: readonly string[], key: ObjectKey): void {
  for (const value of values) {
    const held = keys.get(value);
    if (held === undefined) keys.set(value, new Set([key]));
    else held.add(key);
  }
}

function removeFromIndex(keys: Map<string, Set<ObjectKey>>, values: readonly string[], key: ObjectKey): void {
  for (const value of values) {
    const held = keys.get(value);
    if (held === undefined) continue;
    held.delete(key);
    if (held.size === 0) keys.delete(value);
  }
}
