import type { KubeObject } from '../meta/kube-object.ts';
import { deepFreeze } from './freeze.ts';
import { Journal, type JournalLog, type JournalRecord } from './journal.ts';
import { WatchQueue } from './watch-queue.ts';

/** A change of one object. `previous` is what it replaced. */
export interface StoreEvent {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For a deletion the last state, with the deletion's own revision. */
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: KubeObject }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale' };

/** How many past events each resource keeps for watchers that start behind. */
const HISTORY_PER_RESOURCE = 2_000;

interface Shelf {
  readonly objects: Map<string, KubeObject>;
  readonly history: StoreEvent[];
  /** Watches that start at or before this revision have missed something. */
  compactedRevision: number;
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
  constructor(durable?: { readonly file: string; readonly log: JournalLog }) {
    if (durable === undefined) return;
    this.#journal = Journal.open(durable.file, durable.log, (record) => this.#replay(record));
    this.#resumedRevision = this.#revision;
    for (const shelf of this.#shelves.values()) shelf.compactedRevision = this.#revision;
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
    const prefix = namespace === undefined ? undefined : `${namespace}/`;
    const keys = [...objects.keys()].filter((key) => prefix === undefined || key.startsWith(prefix)).sort();
    return keys.map((key) => objects.get(key)).filter((object) => object !== undefined);
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
    this.#publish(shelf, { revision, type: 'DELETED', object, previous });
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
    if (revision < shelf.compactedRevision) return { kind: 'expired' };
    const queue = new WatchQueue();
    for (const event of shelf.history) if (event.revision > revision) queue.push(event);
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
    this.#publish(shelf, { revision, type, object: stored, ...(previous === undefined ? {} : { previous }) });
    if (this.#journal?.shouldCompact() === true) this.#journal.compact(this.#records());
    return stored;
  }

  #publish(shelf: Shelf, event: StoreEvent): void {
    shelf.history.push(event);
    // Cut in large steps: removing from the front is linear.
    if (shelf.history.length > 2 * HISTORY_PER_RESOURCE) {
      const dropped = shelf.history.splice(0, HISTORY_PER_RESOURCE);
      shelf.compactedRevision = dropped.at(-1)?.revision ?? shelf.compactedRevision;
    }
    for (const queue of shelf.watchers) queue.push(event);
  }

  #shelf(resource: string): Shelf {
    const known = this.#shelves.get(resource);
    if (known !== undefined) return known;
    const shelf: Shelf = { objects: new Map(), history: [], compactedRevision: this.#resumedRevision, watchers: new Set() };
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

  *#records(): Generator<JournalRecord> {
    // The counter itself comes first: the newest revision may have been a deletion.
    yield { revision: this.#revision, resource: '', key: '' };
    for (const [resource, { objects }] of this.#shelves) {
      for (const [key, object] of objects) yield { revision: Number(object.metadata.resourceVersion), resource, key, object };
    }
  }
}

export function keyOf(object: KubeObject): string {
  return storeKey(object.metadata.namespace, object.metadata.name);
}

export function storeKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
