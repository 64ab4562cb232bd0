import type { KubeObject, PatchKind, ResourceRef } from '../meta/kube-object.ts';

/**
 * What controllers, scheduler and kubelet know of the API server. The cluster binds it to the server in the same process, past
 * HTTP but not past authorisation, admission, validation or managed fields: every call carries an identity.
 *
 * Objects that come back are borrowed and frozen; whoever wants to change one copies it. Refusals are thrown as StatusError.
 */
export interface ApiClient {
  get<T extends KubeObject>(ref: ResourceRef, name: string, namespace?: string): Promise<T>;
  list<T extends KubeObject>(ref: ResourceRef, options?: ListOptions): Promise<KubeList<T>>;
  /** Streams changes after `resourceVersion`. Ends with a StatusError of reason Expired when that is too far back. */
  watch<T extends KubeObject>(ref: ResourceRef, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(ref: ResourceRef, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces the object; `metadata.resourceVersion` guards against lost updates where it is set. */
  update<T extends KubeObject>(ref: ResourceRef, object: T, options?: WriteOptions): Promise<T>;
  /** `ref.subresource` names what to patch, e.g. status. */
  patch<T extends KubeObject>(ref: ResourceRef, target: PatchTarget, kind: PatchKind, patch: unknown, options?: WriteOptions): Promise<T>;
  delete(ref: ResourceRef, name: string, namespace?: string, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource that answers something else than the object: eviction, token, binding. */
  post<T>(ref: ResourceRef, name: string, namespace: string | undefined, body: unknown): Promise<T>;
}

export interface PatchTarget {
  readonly name: string;
  readonly namespace?: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

export interface WriteOptions {
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface KubeList<T extends KubeObject> {
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}
