import { randomUUID } from 'node:crypto';
import type { Node, Pod, Taint } from './meta/generated/types.ts';
import type { KubeObject } from './meta/kube-object.ts';
import { keyOf, type ObjectStore } from './store/object-store.ts';

interface SnapshotDocument {
  readonly version: 1;
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
}

/** What runs and what is said about it is not part of a snapshot: it comes about again from what is declared. */
const transient = new Set(['/events', '/endpoints', 'discovery.k8s.io/endpointslices', 'coordination.k8s.io/leases']);
const definitions = 'apiextensions.k8s.io/customresourcedefinitions';
/** First what others need to be there. */
const putFirst: readonly string[] = ['/namespaces', definitions, '/nodes', '/serviceaccounts'];
/** Counted up by the controller whenever it acts, also when it undoes. */
const revisionAnnotation = 'deployment.kubernetes.io/revision';
/** Taints of this prefix are what the node's controllers say of its state. */
const conditionTaints = 'node.kubernetes.io/';

/** What is declared in a cluster, hidden namespaces left out. What a controller makes is left to its controller. */
export function takeSnapshot(store: ObjectStore, hidden: ReadonlySet<string>): string {
  const objects: Record<string, readonly KubeObject[]> = {};
  for (const resource of store.resources()) {
    if (transient.has(resource)) continue;
    const declared = store.list(resource).filter((object) => object.metadata.deletionTimestamp === undefined && !isOwned(object));
    objects[resource] = declared.filter((object) => !isHidden(object, hidden)).map(asDeclared);
  }
  const document: SnapshotDocument = { version: 1, objects };
  return JSON.stringify(document);
}

export interface RestoreStep {
  readonly resource: string;
  readonly object: KubeObject;
}

export interface RestoreOptions {
  readonly hidden: ReadonlySet<string>;
  readonly endsPods: boolean;
}

export interface RestorePlan {
  readonly remove: readonly RestoreStep[];
  readonly put: readonly RestoreStep[];
}

/**
 * What must go and what must be written so that the cluster holds the snapshot's objects again; empty when it does. With `endsPods` the pods
 * that controllers made end too, so that they run from the start; without, those that came about since are left alone. Pure.
 */
export function planRestore(store: ObjectStore, snapshot: string, { hidden, endsPods }: RestoreOptions): RestorePlan {
  const { objects } = JSON.parse(snapshot) as SnapshotDocument;
  const wanted = new Set(Object.entries(objects).flatMap(([resource, list]) => list.map((object) => `${resource} ${keyOf(object)}`)));
  const put = Object.entries(objects)
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .flatMap(([resource, list]) =>
      list.filter((object) => isDifferent(store.get(resource, keyOf(object)), object)).map((object) => ({ resource, object })),
    );
  const extra = store
    .resources()
    .filter((resource) => !transient.has(resource))
    .flatMap((resource) => store.list(resource).map((object) => ({ resource, object })))
    .filter(({ resource, object }) => !isHidden(object, hidden) && !wanted.has(`${resource} ${keyOf(object)}`))
    // What controllers own is theirs to remove; pods end at once, with what else was run on top.
    .filter(({ object }) => !isOwned(object) || (endsPods && object.kind === 'Pod' && object.metadata.deletionTimestamp === undefined));
  const replaced = put.flatMap(({ resource, object }) => held(store, resource, object).filter((now) => isAnother(now.object, object)));
  return { remove: [...extra, ...replaced], put };
}

/** Carries a plan out. Writes past admission: what was once admitted is put back as it was. */
export function applyRestore(store: ObjectStore, { remove, put }: RestorePlan): void {
  for (const { resource, object } of remove) store.delete(resource, keyOf(object));
  for (const { resource, object } of put) {
    const before = store.get(resource, keyOf(object));
    const { resourceVersion: _version, ...metadata } = object.metadata;
    if (before === undefined) {
      store.create(resource, object.kind === 'Pod' ? { ...object, metadata: { ...metadata, uid: randomUUID() } } : { ...object, metadata });
    } else {
      store.update(resource, over({ ...object, metadata }, before), before.metadata.resourceVersion ?? '');
    }
  }
}

/** A pod's spec cannot be changed, and a claim and its volume know each other by uid: one that is to be different is another one. */
function isAnother(now: KubeObject, wanted: KubeObject): boolean {
  if (wanted.kind === 'Pod') return true;
  return ['PersistentVolume', 'PersistentVolumeClaim'].includes(wanted.kind) && now.metadata.uid !== wanted.metadata.uid;
}

function held(store: ObjectStore, resource: string, object: KubeObject): readonly RestoreStep[] {
  const found = store.get(resource, keyOf(object));
  return found === undefined ? [] : [{ resource, object: found }];
}

/** An object laid over the one that is there: identity, and what a node says of itself, stay. */
function over(wanted: KubeObject, before: KubeObject): KubeObject {
  const annotation = before.metadata.annotations?.[revisionAnnotation];
  const metadata = {
    ...wanted.metadata,
    uid: before.metadata.uid ?? wanted.metadata.uid ?? '',
    ...(annotation === undefined ? {} : { annotations: { ...wanted.metadata.annotations, [revisionAnnotation]: annotation } }),
  };
  if (wanted.kind !== 'Node') return { ...wanted, metadata };
  const { spec = {} } = wanted as Node;
  const { spec: nowSpec = {}, status } = before as Node;
  const taints = [...(spec.taints ?? []), ...(nowSpec.taints ?? []).filter(isCondition)];
  const { taints: _taints, ...rest } = spec;
  return {
    ...wanted,
    metadata,
    spec: { ...rest, ...(taints.length === 0 ? {} : { taints }) },
    ...(status === undefined ? {} : { status }),
  } as Node;
}

/** An object as somebody wrote it, where the cluster writes into what it is told. */
function asDeclared(object: KubeObject): KubeObject {
  if (object.kind === 'Pod') {
    const { spec, status, ...rest } = object as Pod;
    const { nodeName: _node, ...declared } = spec ?? { containers: [] };
    const qosClass = status?.qosClass;
    return { ...rest, spec: declared, status: { phase: 'Pending', ...(qosClass === undefined ? {} : { qosClass }) } } as Pod;
  }
  if (object.kind !== 'Node') return object;
  const { taints = [], ...spec } = (object as Node).spec ?? {};
  const own = taints.filter((taint) => !isCondition(taint));
  return { ...object, spec: { ...spec, ...(own.length === 0 ? {} : { taints: own }) } } as Node;
}

function isCondition({ key }: Taint): boolean {
  return key.startsWith(conditionTaints);
}

function rankOf(resource: string): number {
  const rank = putFirst.indexOf(resource);
  return rank < 0 ? putFirst.length : rank;
}

function isOwned(object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true);
}

function isHidden(object: KubeObject, hidden: ReadonlySet<string>): boolean {
  return hidden.has(object.metadata.namespace ?? '') || (object.kind === 'Namespace' && hidden.has(object.metadata.name));
}

function isDifferent(now: KubeObject | undefined, wanted: KubeObject): boolean {
  if (now === undefined || isSpent(now)) return true;
  return JSON.stringify(comparable(asDeclared(now))) !== JSON.stringify(comparable(wanted));
}

/** A pod that has ended or is ending will not come back by itself. */
function isSpent(object: KubeObject): boolean {
  if (object.kind !== 'Pod') return false;
  const { phase } = (object as Pod).status ?? {};
  return object.metadata.deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded';
}

function comparable(object: KubeObject): unknown {
  const {
    resourceVersion: _version,
    managedFields: _managed,
    generation: _generation,
    uid,
    creationTimestamp,
    ...metadata
  } = object.metadata;
  const { [revisionAnnotation]: _revision, ...annotations } = metadata.annotations ?? {};
  const { status: _status, ...rest } = object as KubeObject & { status?: unknown };
  // A pod that was made again as it was is as good as the first.
  const identity = object.kind === 'Pod' ? {} : { uid, creationTimestamp };
  return sorted({ ...rest, metadata: { ...metadata, annotations, ...identity } });
}

/** With keys in one order, whoever wrote the object. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
