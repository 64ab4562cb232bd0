import { randomUUID } from 'node:crypto';
import type { Clock } from '../meta/clock.ts';
import type { KubeObject, PatchKind, ResourceRef } from '../meta/kube-object.ts';
import type { ApiClient, DeleteOptions, KubeList, ListOptions, PatchTarget, WatchEvent, WatchOptions } from './api-client.ts';
import { objectKey, type ObjectKey } from './object-key.ts';
import { apiVersionOf, resourceId } from './resources.ts';
import { timeText } from '../meta/times.ts';

/** A write that the fake let through, for assertions on what was done. */
export interface RecordedAction {
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'post';
  /** `pods`, `pods/status`. */
  readonly resource: string;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** A refusal in the shape that {@link refusalReason} reads. */
export class FakeRefusal extends Error {
  readonly status: { readonly reason: string; readonly code: number; readonly message: string };

  constructor(reason: string, code: number, message: string) {
    super(message);
    this.name = 'FakeRefusal';
    this.status = { reason, code, message };
  }
}

interface LogEntry {
  readonly version: number;
  readonly resource: string;
  readonly event: WatchEvent<KubeObject>;
}

type Stored = KubeObject & { spec?: Record<string, unknown>; status?: unknown };

/**
 * An API server in memory for tests of this folder and of its users. Faithful in what controllers depend on: one revision counter,
 * optimistic concurrency, uids, generations, status apart from spec, finalizers, graceful deletion of pods, watches that replay and
 * expire, frozen objects. It does not validate, default or authorise. Hooks let a test refuse a write.
 */
export class FakeApiClient implements ApiClient {
  readonly actions: RecordedAction[] = [];
  /** Called before a write; what it throws is the answer. */
  beforeWrite: (action: RecordedAction, object: unknown) => void = () => {};
  /** Plurals whose status is written with the rest, as of custom resources without the subresource. */
  readonly withoutStatusSubresource = new Set<string>();
  /** Answers `post` to subresources other than binding and eviction. */
  onPost: (ref: ResourceRef, name: string, namespace: string | undefined, body: unknown) => unknown = () => ({});
  readonly #clock: Clock;
  readonly #objects = new Map<string, Map<ObjectKey, Stored>>();
  readonly #wakers = new Set<() => void>();
  #log: LogEntry[] = [];
  #version = 0;
  #compactedTo = 0;
  #suffix = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get<T extends KubeObject>(ref: ResourceRef, name: string, namespace?: string): Promise<T> {
    return this.#require(ref, name, namespace) as KubeObject as T;
  }

  async list<T extends KubeObject>(ref: ResourceRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const items = [...this.#of(ref).values()].filter((o) => options.namespace === undefined || o.metadata.namespace === options.namespace);
    return { resourceVersion: String(this.#version), items: items as unknown as T[] };
  }

  async *watch<T extends KubeObject>(ref: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    let seen = Number(options.resourceVersion);
    const isOpen = (): boolean => !options.signal.aborted;
    while (isOpen()) {
      if (seen < this.#compactedTo) throw new FakeRefusal('Expired', 410, `too old resource version: ${seen} (${this.#version})`);
      const next = this.#log.find((entry) => entry.version > seen && entry.resource === resourceId(ref));
      if (next !== undefined) {
        seen = next.version;
        yield next.event as unknown as WatchEvent<T>;
        continue;
      }
      await this.#change(options.signal);
    }
  }

  async create<T extends KubeObject>(ref: ResourceRef, object: T): Promise<T> {
    const { generateName } = object.metadata;
    const given = object.metadata as { readonly name?: string };
    const name = given.name === undefined || given.name === '' ? `${generateName ?? ''}${this.#nextSuffix()}` : given.name;
    const { namespace } = object.metadata;
    this.#record({ verb: 'create', resource: ref.resource, name, namespace }, object);
    const key = objectKey(namespace, name);
    if (this.#of(ref).has(key)) throw new FakeRefusal('AlreadyExists', 409, `${ref.resource} "${name}" already exists`);
    const stored = structuredClone(object) as unknown as Stored;
    stored.apiVersion = apiVersionOf(ref);
    Object.assign(stored.metadata, { name, uid: randomUUID(), creationTimestamp: timeText(this.#clock.now()) });
    if (stored.spec !== undefined) stored.metadata.generation = 1;
    return this.#write(ref, stored, 'ADDED') as unknown as T;
  }

  async update<T extends KubeObject>(ref: ResourceRef, object: T): Promise<T> {
    const { name, namespace, resourceVersion } = object.metadata;
    this.#record({ verb: 'update', resource: resourceLabel(ref), name, namespace }, object);
    const current = this.#require(ref, name, namespace);
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) throw conflict(ref, name);
    return this.#replace(ref, current, structuredClone(object)) as unknown as T;
  }

  async patch<T extends KubeObject>(ref: ResourceRef, target: PatchTarget, kind: PatchKind, patch: unknown): Promise<T> {
    if (kind !== 'merge') throw new Error(`the fake API server does not know ${kind} patches`);
    this.#record({ verb: 'patch', resource: resourceLabel(ref), name: target.name, namespace: target.namespace }, patch);
    const current = this.#require(ref, target.name, target.namespace);
    const wanted = (patch as { metadata?: { resourceVersion?: string; uid?: string } }).metadata;
    if (wanted?.resourceVersion !== undefined && wanted.resourceVersion !== current.metadata.resourceVersion)
      throw conflict(ref, target.name);
    if (wanted?.uid !== undefined && wanted.uid !== current.metadata.uid) throw conflict(ref, target.name);
    return this.#replace(ref, current, mergePatch(current, patch) as Stored) as unknown as T;
  }

  async delete(ref: ResourceRef, name: string, namespace?: string, options: DeleteOptions = {}): Promise<void> {
    this.#record({ verb: 'delete', resource: ref.resource, name, namespace }, options);
    const current = this.#require(ref, name, namespace);
    const { preconditions } = options;
    if (preconditions?.uid !== undefined && preconditions.uid !== current.metadata.uid) throw conflict(ref, name);
    const graceSeconds = graceSecondsOf(current, options);
    const finalizers = finalizersFor(current, options);
    if (finalizers.length === 0 && graceSeconds === 0) {
      this.#remove(ref, current);
      return;
    }
    const earlier = current.metadata.deletionGracePeriodSeconds;
    if (current.metadata.deletionTimestamp !== undefined && earlier !== undefined && graceSeconds >= earlier) return;
    const next = structuredClone(current);
    next.metadata.finalizers = [...finalizers];
    next.metadata.deletionTimestamp = timeText(this.#clock.now() + graceSeconds * 1000);
    next.metadata.deletionGracePeriodSeconds = graceSeconds;
    this.#write(ref, next, 'MODIFIED');
  }

  async post<T>(ref: ResourceRef, name: string, namespace: string | undefined, body: unknown): Promise<T> {
    this.#record({ verb: 'post', resource: resourceLabel(ref), name, namespace }, body);
    if (ref.subresource === 'binding') {
      const next = structuredClone(this.#require(ref, name, namespace)) as Stored & { status: { conditions?: object[] } };
      next.spec = { ...next.spec, nodeName: (body as { target: { name: string } }).target.name };
      const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: timeText(this.#clock.now()) };
      next.status = { ...(next.status as object | undefined), conditions: [scheduled] };
      this.#write(ref, next, 'MODIFIED');
      return {} as T;
    }
    if (ref.subresource === 'eviction') {
      await this.delete({ ...ref }, name, namespace);
      return {} as T;
    }
    return this.onPost(ref, name, namespace, body) as T;
  }

  /** Makes watches that are behind the present fail with Expired, as when the server's event log has moved on. */
  expireWatches(): void {
    this.#log = [];
    this.#version += 1;
    this.#compactedTo = this.#version;
    this.#wake();
  }

  #of(ref: ResourceRef): Map<ObjectKey, Stored> {
    const held = this.#objects.get(resourceId(ref));
    if (held !== undefined) return held;
    const made = new Map<ObjectKey, Stored>();
    this.#objects.set(resourceId(ref), made);
    return made;
  }

  #require(ref: ResourceRef, name: string, namespace: string | undefined): Stored {
    const held = this.#of(ref).get(objectKey(namespace, name));
    if (held === undefined) throw new FakeRefusal('NotFound', 404, `${ref.resource} "${name}" not found`);
    return held;
  }

  #record(action: RecordedAction, object: unknown): void {
    this.beforeWrite(action, object);
    this.actions.push(action);
  }

  /** Keeps the side that the subresource does not write, counts generations, and finishes a deletion whose finalizers are gone. */
  #replace(ref: ResourceRef, current: Stored, wanted: Stored): Stored {
    const isStatus = ref.subresource === 'status';
    const isWhole = this.withoutStatusSubresource.has(ref.resource);
    const next: Stored = isStatus
      ? { ...structuredClone(current), status: wanted.status }
      : isWhole
        ? wanted
        : { ...wanted, status: current.status };
    const { uid, creationTimestamp, generation, deletionTimestamp } = current.metadata;
    Object.assign(next.metadata, dropUndefined({ uid, creationTimestamp, generation, deletionTimestamp }));
    const isSpecChanged = !isStatus && JSON.stringify(next.spec) !== JSON.stringify(current.spec);
    if (isSpecChanged && generation !== undefined) next.metadata.generation = generation + 1;
    if (withoutVersion(next) === withoutVersion(current)) return current;
    if (deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0 && ref.resource !== 'pods') {
      this.#remove(ref, next);
      return next;
    }
    return this.#write(ref, next, 'MODIFIED');
  }

  #write(ref: ResourceRef, object: Stored, type: 'ADDED' | 'MODIFIED'): Stored {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    deepFreeze(object);
    this.#of(ref).set(objectKey(object.metadata.namespace, object.metadata.name), object);
    this.#log.push({ version: this.#version, resource: resourceId(ref), event: { type, object } });
    this.#wake();
    return object;
  }

  #remove(ref: ResourceRef, current: Stored): void {
    this.#version += 1;
    const object = structuredClone(current);
    object.metadata.resourceVersion = String(this.#version);
    this.#of(ref).delete(objectKey(object.metadata.namespace, object.metadata.name));
    this.#log.push({ version: this.#version, resource: resourceId(ref), event: { type: 'DELETED', object: deepFreeze(object) } });
    this.#wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }

  #nextSuffix(): string {
    this.#suffix += 1;
    return this.#suffix.toString().padStart(5, 'x');
  }
}

function resourceLabel(ref: ResourceRef): string {
  return ref.subresource === undefined ? ref.resource : `${ref.resource}/${ref.subresource}`;
}

function conflict(ref: ResourceRef, name: string): FakeRefusal {
  return new FakeRefusal('Conflict', 409, `Operation cannot be fulfilled on ${ref.resource} "${name}": the object has been modified`);
}

/** Pods that run on a node are deleted gracefully; the kubelet finishes it with a grace period of 0. */
function graceSecondsOf(object: Stored, options: DeleteOptions): number {
  const spec = object.spec as { nodeName?: string; terminationGracePeriodSeconds?: number } | undefined;
  if (object.kind !== 'Pod' || spec?.nodeName === undefined) return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
}

function finalizersFor(object: Stored, options: DeleteOptions): readonly string[] {
  const others = (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (options.propagationPolicy === 'Orphan') return [...others, 'orphan'];
  if (options.propagationPolicy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return structuredClone(patch);
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...(target as Record<string, unknown>) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = mergePatch(result[key], value);
  }
  return structuredClone(result);
}

function withoutVersion(object: Stored): string {
  return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
}

function dropUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
