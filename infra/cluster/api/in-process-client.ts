import type {
  ApiClient,
  DeleteOptions,
  KubeList,
  ListOptions,
  PatchTarget,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../client/api-client.ts';
import type { Clock } from '../meta/clock.ts';
import { convertStrict } from '../meta/decode.ts';
import type { KubeObject, PatchKind, ResourceRef } from '../meta/kube-object.ts';
import type { ResourceInfo, ResourceRegistry } from '../meta/registry.ts';
import { notFound } from '../meta/status-error.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Call } from './call.ts';
import { compileFilter, listPage } from './collection.ts';
import type { ResourceApi } from './resource-api.ts';
import type { Subresources } from './subresources.ts';
import type { User } from './user.ts';
import { watchCollection } from './watch.ts';
import type { Visibility } from './visibility.ts';

export interface InProcessClientParts {
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly api: ResourceApi;
  readonly subresources: Subresources;
  readonly visibility: Visibility;
  /** The control plane's own identities are of system:masters, so that authorisation has nothing to add. */
  readonly user: User;
  /** Whose fields its writes become, where a call does not say. */
  readonly fieldManager: string;
}

/** The API for what runs in the same process: past HTTP, not past admission, validation or managed fields. */
export class InProcessClient implements ApiClient {
  readonly #parts: InProcessClientParts;

  constructor(parts: InProcessClientParts) {
    this.#parts = parts;
  }

  async get<T extends KubeObject>(ref: ResourceRef, name: string, namespace?: string): Promise<T> {
    return this.#parts.api.get(this.#call(ref, namespace), name) as T;
  }

  async list<T extends KubeObject>(ref: ResourceRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const { store, visibility } = this.#parts;
    const call = this.#call(ref, options.namespace);
    const page = listPage(store, call, options, compileFilter(call, options, visibility));
    return { resourceVersion: page.metadata.resourceVersion, items: page.items as readonly T[] };
  }

  async *watch<T extends KubeObject>(ref: ResourceRef, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const { store, clock, visibility } = this.#parts;
    const call = this.#call(ref, options.namespace);
    const query = {
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: false,
      sendInitialEvents: false,
      signal: options.signal,
    };
    for await (const events of watchCollection(store, clock, call, query, compileFilter(call, options, visibility)))
      yield* events as readonly WatchEvent<T>[];
  }

  async create<T extends KubeObject>(ref: ResourceRef, object: T, options: WriteOptions = {}): Promise<T> {
    const call = this.#call(ref, object.metadata.namespace, options);
    return this.#parts.api.create(call, canonical(object, call.info)) as T;
  }

  async update<T extends KubeObject>(ref: ResourceRef, object: T, options: WriteOptions = {}): Promise<T> {
    const call = this.#call(ref, object.metadata.namespace, options);
    return this.#parts.api.update(call, object.metadata.name, canonical(object, call.info)) as T;
  }

  async patch<T extends KubeObject>(
    ref: ResourceRef,
    target: PatchTarget,
    kind: PatchKind,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#parts.api.patch(this.#call(ref, target.namespace, options), { name: target.name, kind, patch, force: true }).object as T;
  }

  async delete(ref: ResourceRef, name: string, namespace?: string, options: DeleteOptions = {}): Promise<void> {
    this.#parts.api.delete(this.#call(ref, namespace), name, { ...options });
  }

  async post<T>(ref: ResourceRef, name: string, namespace: string | undefined, body: unknown): Promise<T> {
    return (await this.#parts.subresources.create(this.#call(ref, namespace), name, body as KubeObject)) as T;
  }

  #call(ref: ResourceRef, namespace: string | undefined, options: WriteOptions = {}): Call {
    const info = this.#parts.registry.findRef(ref);
    if (info === undefined) throw notFound(ref, '');
    return {
      user: this.#parts.user,
      info,
      ...(namespace === undefined ? {} : { namespace }),
      ...(ref.subresource === undefined ? {} : { subresource: ref.subresource }),
      dryRun: false,
      fieldManager: options.fieldManager ?? this.#parts.fieldManager,
      fieldValidation: 'Ignore',
      warn: () => {},
    };
  }
}

/** A copy that the server may change, without what JSON cannot say. */
function canonical(object: KubeObject, info: ResourceInfo): KubeObject {
  return convertStrict(structuredClone(object), info, 'Ignore').object;
}
