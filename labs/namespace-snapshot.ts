import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { ensureObject } from '../grader/ensure-object.ts';
import { refOf, type KnownKind, type KubeObjects } from '../grader/kube-objects.ts';

/**
 * What belongs to a namespace's declared state, in the order in which it is put back: what others refer to comes first. Pods and replica sets
 * follow from these; bare ones are removed, never put back.
 */
const declared: readonly KnownKind[] = [
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'Service',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Ingress',
];
const removedOnly: readonly KnownKind[] = ['ReplicaSet', 'Pod', 'EndpointSlice'];

const snapshotSchema = z.array(z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }));

export type NamespaceSnapshot = readonly KubeObject[];

export async function takeSnapshot(objects: KubeObjects, namespace: string): Promise<NamespaceSnapshot> {
  const space = await objects.find({ kind: 'Namespace', name: namespace });
  const lists = await Promise.all(declared.map((kind) => objects.list(kind, { namespace })));
  return [...(space === undefined ? [] : [labelsOnly(space)]), ...lists.flat().filter(isOfPeople).map(strip)];
}

/** Makes the namespace hold what the snapshot holds and nothing else that people made, and ends what ran before if any of that was changed. */
export async function restoreSnapshot(objects: KubeObjects, namespace: string, snapshot: NamespaceSnapshot): Promise<void> {
  const lists = await Promise.all([...declared, ...removedOnly].map((kind) => objects.list(kind, { namespace })));
  const present = lists.flat();
  const isChanged = hasChanged(present, snapshot);
  await restoreLabels(objects, namespace, snapshot);
  await Promise.all(planRemoval(present, snapshot).map((object) => objects.remove(refOf(object))));
  for (const kind of declared) {
    const wanted = snapshot.filter((object) => object.kind === kind);
    await Promise.all(wanted.map((object) => ensureObject(objects, object)));
  }
  if (!isChanged) return;
  // Nobody waits for the grace that these pods would give themselves.
  const pods = present.filter(({ kind }) => kind === 'Pod');
  await Promise.all(pods.map((pod) => objects.remove(refOf(pod), { graceSeconds: 1 })));
}

/** Policies go by the labels of a namespace, such as what Pod Security enforces. They come first: what is put back may need them as they were. */
async function restoreLabels(objects: KubeObjects, namespace: string, snapshot: NamespaceSnapshot): Promise<void> {
  const wanted = snapshot.find(({ kind }) => kind === 'Namespace')?.metadata.labels;
  const present = (await objects.find({ kind: 'Namespace', name: namespace }))?.metadata.labels ?? {};
  if (wanted === undefined || isDeepStrictEqual(wanted, present)) return;
  const gone = Object.keys(present).filter((label) => !Object.hasOwn(wanted, label));
  const labels = { ...wanted, ...Object.fromEntries(gone.map((label) => [label, null])) };
  await objects.patch({ kind: 'Namespace', name: namespace }, 'merge', { metadata: { labels } });
}

/** Of the namespace itself nothing else is anybody's to change. */
function labelsOnly({ apiVersion, kind, metadata: { name, labels = {} } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, labels } };
}

/**
 * Whether anything differs that a running container goes by: the workloads themselves, or the Secrets and ConfigMaps that it read when it started.
 * Pure.
 */
export function hasChanged(present: readonly KubeObject[], snapshot: NamespaceSnapshot): boolean {
  if (planRemoval(present, snapshot).length > 0) return true;
  const declaredIn = snapshot.filter(({ kind }) => kind !== 'Namespace');
  return declaredIn.some((wanted) => {
    const found = present.find(({ kind, metadata }) => kind === wanted.kind && metadata.name === wanted.metadata.name);
    return found === undefined || !isDeepStrictEqual(strip(found), wanted);
  });
}

/** What must go: people's objects that the snapshot does not know, and what controllers made for those that go. Pure. */
export function planRemoval(present: readonly KubeObject[], snapshot: NamespaceSnapshot): readonly KubeObject[] {
  const keep = new Set(snapshot.map((object) => `${object.kind}/${object.metadata.name}`));
  return present.filter((object) => isOfPeople(object) && !keep.has(`${object.kind}/${object.metadata.name}`));
}

/** Not made by a controller, and not one of those that Kubernetes itself puts into every namespace. */
function isOfPeople({ kind, metadata, ...rest }: KubeObject): boolean {
  if ((metadata.ownerReferences ?? []).some((owner) => owner.controller === true)) return false;
  if (kind === 'ConfigMap') return metadata.name !== 'kube-root-ca.crt';
  if (kind === 'ServiceAccount') return metadata.name !== 'default';
  if (kind === 'EndpointSlice') return metadata.labels?.['endpointslice.kubernetes.io/managed-by'] !== 'endpointslice-controller.k8s.io';
  return kind !== 'Secret' || (rest as { readonly type?: string }).type !== 'kubernetes.io/service-account-token';
}

/** What the server writes itself would be refused or mislead when it is written back. */
function strip(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations = {} } = object.metadata;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !isWrittenByControllers(key)));
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    annotations: kept,
  };
  const { status: _, ...content } = object as KubeObject & { readonly status?: unknown };
  const spec = object.kind === 'PersistentVolumeClaim' ? { spec: withoutVolume(content) } : {};
  return { ...content, ...spec, metadata };
}

function isWrittenByControllers(annotation: string): boolean {
  return annotation === 'deployment.kubernetes.io/revision' || /^(pv|volume)(\.beta)?\.kubernetes\.io\//.test(annotation);
}

/** A claim that is made again must find a volume of its own: the one it had went with it. */
function withoutVolume(claim: object): object {
  const { volumeName: _, ...spec } = (claim as { readonly spec?: { readonly volumeName?: string } }).spec ?? {};
  return spec;
}

export function parseSnapshot(text: string): NamespaceSnapshot {
  return snapshotSchema.parse(JSON.parse(text));
}
