import type { Clock } from '../meta/clock.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { apiVersionOf } from '../meta/registry.ts';
import { expired } from '../meta/status-error.ts';
import { WatchOverflowError } from '../store/watch-queue.ts';
import { storeKey, type ObjectStore, type StoreEvent } from '../store/object-store.ts';
import { storageOf, type Call } from './call.ts';
import { parseVersion, type ObjectFilter } from './collection.ts';
import { toServed } from './versions.ts';

export interface WatchQuery {
  /** Absent or `0`: starts with what there is. */
  readonly resourceVersion?: string | undefined;
  readonly name?: string | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean;
  readonly signal: AbortSignal;
}

export interface ServedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

const BOOKMARK_EVERY_MS = 60_000;
const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Follows a collection. Objects that begin to match come as ADDED, those that cease to as DELETED. Ends when the signal aborts; throws a
 * StatusError of reason Expired when history is gone or the reader is too slow. Batches are what was there to take at once.
 */
export async function* watchCollection(
  store: ObjectStore,
  clock: Clock,
  call: Call,
  query: WatchQuery,
  filter: ObjectFilter,
): AsyncGenerator<readonly ServedEvent[]> {
  const { info, namespace } = call;
  const storage = storageOf(info);
  const fromNow = query.resourceVersion === undefined || query.resourceVersion === '' || query.resourceVersion === '0';
  const withInitial = fromNow || query.sendInitialEvents;
  const start = withInitial ? store.revision : parseVersion(query.resourceVersion ?? '');
  const initial = withInitial ? initialEvents(store, call, query, filter) : [];
  const watching = store.watch(storage, start);
  if (watching.kind === 'expired') throw tooOld(start, store.revision);
  const stop = (): void => watching.close();
  query.signal.addEventListener('abort', stop, { once: true });
  const bookmarks = new BookmarkTimer(clock, query.allowWatchBookmarks, () => watching.queue.push(heartbeat));
  try {
    if (query.signal.aborted) return;
    if (initial.length > 0) yield initial;
    if (query.sendInitialEvents && query.allowWatchBookmarks) yield [bookmark(call, start, { [initialEventsEnd]: 'true' })];
    for (;;) {
      const events = await takeEvents(watching.queue, start, store);
      if (events === undefined) return;
      const served = events.flatMap((event) => (event === heartbeat ? [bookmark(call, store.revision)] : serve(event)));
      if (served.length > 0) yield served;
    }
  } finally {
    bookmarks.stop();
    query.signal.removeEventListener('abort', stop);
    watching.close();
  }

  function serve(event: StoreEvent): ServedEvent[] {
    if (!isWanted(event.object)) return [];
    const was = event.type !== 'ADDED' && event.previous !== undefined && filter(event.previous);
    const is = event.type !== 'DELETED' && filter(event.object);
    if (!was && !is) return [];
    const object = toServed(is ? event.object : lastSeen(event), info);
    return [{ type: was && is ? 'MODIFIED' : is ? 'ADDED' : 'DELETED', object }];
  }

  function isWanted(object: KubeObject): boolean {
    return (
      (namespace === undefined || !info.namespaced || object.metadata.namespace === namespace) &&
      (query.name === undefined || object.metadata.name === query.name)
    );
  }
}

/** Pushed into a watcher's own queue when a bookmark is due. */
const heartbeat: StoreEvent = { bytes: 0, revision: 0, type: 'MODIFIED', object: { apiVersion: '', kind: '', metadata: { name: '' } } };

/** What a watcher that no longer matches is shown: the state it matched in, at the revision it changed. */
function lastSeen({ type, object, previous }: StoreEvent): KubeObject {
  if (type === 'DELETED' || previous === undefined) return object;
  return {
    ...previous,
    metadata: {
      ...previous.metadata,
      ...(object.metadata.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion }),
    },
  };
}

function initialEvents(store: ObjectStore, { info, namespace }: Call, { name }: WatchQuery, filter: ObjectFilter): ServedEvent[] {
  const storage = storageOf(info);
  const named = name === undefined ? undefined : store.get(storage, storeKey(info.namespaced ? namespace : undefined, name));
  const objects = name === undefined ? store.list(storage, info.namespaced ? namespace : undefined) : named === undefined ? [] : [named];
  return objects.filter(filter).map((object) => ({ type: 'ADDED', object: toServed(object, info) }));
}

function bookmark({ info }: Call, revision: number, annotations?: Record<string, string>): ServedEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  return {
    type: 'BOOKMARK',
    object: { kind: info.kind, apiVersion: apiVersionOf(info), metadata: metadata as unknown as KubeObject['metadata'] },
  };
}

async function takeEvents(
  queue: { next(): Promise<readonly StoreEvent[] | undefined> },
  start: number,
  store: ObjectStore,
): Promise<readonly StoreEvent[] | undefined> {
  try {
    return await queue.next();
  } catch (error) {
    if (error instanceof WatchOverflowError) throw tooOld(start, store.revision);
    throw error;
  }
}

function tooOld(asked: number, revision: number): Error {
  return expired(`too old resource version: ${asked} (${revision})`);
}

class BookmarkTimer {
  #timer: Disposable | undefined;

  constructor(clock: Clock, isWanted: boolean, due: () => void) {
    const arm = (): void => {
      this.#timer = clock.after(BOOKMARK_EVERY_MS, () => {
        due();
        arm();
      });
    };
    if (isWanted) arm();
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
