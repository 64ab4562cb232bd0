import type { KubeObject } from './meta/kube-object.ts';
import { keyOf, type ObjectStore } from './store/object-store.ts';

interface SnapshotDocument {
  readonly version: 1;
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
}

/** What runs and what is said about it is not part of a snapshot: it comes about again from what is declared. */
const transient = new Set(['/events', '/nodes', '/endpoints', 'discovery.k8s.io/endpointslices', 'coordination.k8s.io/leases']);

/** What is declared in a cluster, hidden namespaces left out. Pods that a controller makes are left to their controller. */
export function takeSnapshot(store: ObjectStore, hidden: ReadonlySet<string>): string {
  const objects: Record<string, readonly KubeObject[]> = {};
  for (const resource of store.resources()) {
    if (!transient.has(resource))
      objects[resource] = store.list(resource).filter((object) => isDeclared(object) && !isHidden(object, hidden));
  }
  const document: SnapshotDocument = { version: 1, objects };
  return JSON.stringify(document);
}

export interface RestorePlan {
  readonly remove: readonly { readonly resource: string; readonly object: KubeObject }[];
  readonly put: readonly { readonly resource: string; readonly object: KubeObject }[];
}

/** What must go and what must be written so that the cluster holds the snapshot's objects again. Pure. */
export function planRestore(store: ObjectStore, snapshot: string, hidden: ReadonlySet<string>): RestorePlan {
  const { objects } = JSON.parse(snapshot) as SnapshotDocument;
  const wanted = new Map(
    Object.entries(objects).flatMap(([resource, list]) => list.map((object) => [`${resource} ${keyOf(object)}`, object] as const)),
  );
  const remove = store
    .resources()
    .filter((resource) => !transient.has(resource))
    .flatMap((resource) =>
      store
        .list(resource)
        .filter((object) => !isHidden(object, hidden) && !wanted.has(`${resource} ${keyOf(object)}`))
        .map((object) => ({ resource, object })),
    )
    // Owned objects are their owners' to remove; pods must end through the kubelet.
    .filter(({ object }) => object.kind === 'Pod' || isDeclared(object));
  const put = Object.entries(objects).flatMap(([resource, list]) =>
    list.filter((object) => isDifferent(store.get(resource, keyOf(object)), object)).map((object) => ({ resource, object })),
  );
  return { remove, put };
}

function isDeclared(object: KubeObject): boolean {
  return (
    object.metadata.deletionTimestamp === undefined && !(object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true)
  );
}

function isHidden(object: KubeObject, hidden: ReadonlySet<string>): boolean {
  return hidden.has(object.metadata.namespace ?? '') || (object.kind === 'Namespace' && hidden.has(object.metadata.name));
}

function isDifferent(held: KubeObject | undefined, wanted: KubeObject): boolean {
  return held === undefined || JSON.stringify(comparable(held)) !== JSON.stringify(comparable(wanted));
}

function comparable(object: KubeObject): unknown {
  const { resourceVersion: _version, managedFields: _managed, generation: _generation, ...metadata } = object.metadata;
  const { status: _status, ...rest } = object as KubeObject & { status?: unknown };
  return { ...rest, metadata };
}
