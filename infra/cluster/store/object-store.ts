import type { KubeObject } from '../meta/kube-object.ts';
import { EventHistory } from './event-history.ts';
import { deepFreeze } from './freeze.ts';
import { counterRecord, Journal, objectRecord, type JournalOptions, type JournalRecord } from './journal.ts';
import { jsonOf } from './json-text.ts';
import { SortedObjects } from './sorted-objects.ts';
import { WatchQueue } from './watch-queue.ts';

/** A change of one object. `previous` is what it replaced. */
export interface StoreEvent {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For a deletion the last state, with the deletion's own revision. */
  readonly object: KubeObject;
  readonly previous?: KubeObject;
  /** About how large the object is as JSON; bounds what is kept for watchers. */
  readonly bytes: number;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: KubeObject }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale' };

interface Shelf {
  readonly objects: SortedObjects;
  readonly history: EventHistory;
  readonly watchers: Set<WatchQueue>;
}

/**
 * All objects of one cluster under one revision counter. Synchronous, so that every write is atomic. What leaves is deeply frozen; an
 * object's resourceVersion is the revision of its last write. Resources are named `group/resource`, objects `namespace/name` (with an
 * empty namespace for cluster-scoped ones).
 */
export class ObjectStore {
  readonly #shelves = new Map<string, Shelf>();
  #journal: Journal | undefined;
  #revision = 1;
  /** Revisions before this are not known here: the store was resumed at it. */
  #resumedRevision = 0;

  /** With a file, resumes what it holds and writes every change to it before it is answered. */
  constructor(durable?: JournalOptions) {
    if (durable === undefined) return;
    this.#journal = Journal.open(durable, (record) => this.#replay(record));
    this.#resumedRevision = this.#revision;
    for (const { history } of this.#shelves.values()) history.compactedRevision = this.#revision;
  }

  get revision(): number {
    return this.#revision;
  }

  get(resource: string, key: string): KubeObject | undefined {
    return this.#shelves.get(resource)?.objects.get(key);
  }

  /** In order of namespace and name. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const objects = this.#shelves.get(resource)?.objects;
    if (objects === undefined) return [];
    return namespace === undefined ? objects.all() : objects.inNamespace(namespace);
  }

  resources(): readonly string[] {
    return [...this.#shelves.keys()];
  }

  count(resource: string): number {
    return this.#shelves.get(resource)?.objects.size ?? 0;
  }

  create(resource: string, object: KubeObject): WriteOutcome {
    const key = keyOf(object);
    const shelf = this.#shelf(resource);
    if (shelf.objects.has(key)) return { kind: 'exists' };
    return { kind: 'written', object: this.#write(resource, shelf, key, 'ADDED', object) };
  }

  /** Replaces an object whose resourceVersion still is `expectedVersion`. */
  update(resource: string, object: KubeObject, expectedVersion: string): WriteOutcome {
    const key = keyOf(object);
    const shelf = this.#shelf(resource);
    const previous = shelf.objects.get(key);
    if (previous === undefined) return { kind: 'absent' };
    if (previous.metadata.resourceVersion !== expectedVersion) return { kind: 'stale' };
    return { kind: 'written', object: this.#write(resource, shelf, key, 'MODIFIED', object) };
  }

  /** Answers the object's last state under the deletion's revision. */
  delete(resource: string, key: string, expectedVersion?: string): WriteOutcome {
    const shelf = this.#shelf(resource);
    const previous = shelf.objects.get(key);
    if (previous === undefined) return { kind: 'absent' };
    if (expectedVersion !== undefined && previous.metadata.resourceVersion !== expectedVersion) return { kind: 'stale' };
    const revision = this.#revision + 1;
    this.#journal?.append({ revision, resource, key });
    this.#revision = revision;
    shelf.objects.delete(key);
    const object = deepFreeze({ ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } });
    this.#publish(shelf, { revision, type: 'DELETED', object, previous, bytes: jsonOf(object).length });
    return { kind: 'written', object };
  }

  /**
   * Follows a resource from after `revision` on. `expired` when events since then are no longer kept, or when the revision is one of
   * a life before this store's.
   */
  watch(
    resource: string,
    revision: number,
  ): { readonly kind: 'watching'; readonly queue: WatchQueue; close(): void } | { readonly kind: 'expired' } {
    const shelf = this.#shelf(resource);
    if (revision < shelf.history.compactedRevision) return { kind: 'expired' };
    const queue = new WatchQueue();
    for (const event of shelf.history.after(revision)) queue.push(event);
    shelf.watchers.add(queue);
    return {
      kind: 'watching',
      queue,
      close: () => {
        shelf.watchers.delete(queue);
        queue.close();
      },
    };
  }

  close(): void {
    for (const shelf of this.#shelves.values()) for (const queue of shelf.watchers) queue.close();
    this.#journal?.close();
    this.#journal = undefined;
  }

  #write(resource: string, shelf: Shelf, key: string, type: 'ADDED' | 'MODIFIED', object: KubeObject): KubeObject {
    const revision = this.#revision + 1;
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    this.#journal?.append({ revision, resource, key, object: stored });
    this.#revision = revision;
    const previous = shelf.objects.get(key);
    shelf.objects.set(key, stored);
    const bytes = jsonOf(stored).length;
    this.#publish(shelf, { revision, type, object: stored, bytes, ...(previous === undefined ? {} : { previous }) });
    if (this.#journal?.shouldCompact() === true) void this.#journal.compact(this.#records());
    return stored;
  }

  #publish(shelf: Shelf, event: StoreEvent): void {
    shelf.history.push(event);
    for (const queue of shelf.watchers) queue.push(event);
  }

  #shelf(resource: string): Shelf {
    const known = this.#shelves.get(resource);
    if (known !== undefined) return known;
    const shelf: Shelf = { objects: new SortedObjects(), history: new EventHistory(this.#resumedRevision), watchers: new Set() };
    this.#shelves.set(resource, shelf);
    return shelf;
  }

  #replay({ revision, resource, key, object }: JournalRecord): void {
    this.#revision = Math.max(this.#revision, revision);
    if (resource === '') return;
    const { objects } = this.#shelf(resource);
    if (object === undefined) objects.delete(key);
    else objects.set(key, deepFreeze(object));
  }

  /** All there is. The counter comes first and last: the newest revision may have been a deletion, and either line may be damaged one day. */
  #records(): readonly JournalRecord[] {
    const counter = counterRecord(this.#revision);
    const objects = [...this.#shelves].flatMap(([resource, shelf]) =>
      [...shelf.objects.entries()].map(([key, object]) => objectRecord(resource, key, object)),
    );
    return [counter, ...objects, counter];
  }
}

export function keyOf(object: KubeObject): string {
  return storeKey(object.metadata.namespace, object.metadata.name);
}

export function storeKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
