import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { refOf, type KubeObjects } from './kube-objects.ts';

/** Creates the object, or makes what is there equal to it. */
export async function ensureObject(objects: KubeObjects, object: KubeObject): Promise<KubeObject> {
  const present = await objects.find(refOf(object));
  if (present === undefined) return objects.create(object);
  if (!isBoundElsewhere(present, object)) return objects.replace(carryImmutable(present, object));
  await objects.remove(refOf(present));
  return objects.create(object);
}

/** A binding is bound to its role for good: another one takes its place. */
function isBoundElsewhere(present: KubeObject, wanted: KubeObject): boolean {
  const roleOf = (object: KubeObject): unknown => (object as { readonly roleRef?: unknown }).roleRef;
  return !isDeepStrictEqual(roleOf(present), roleOf(wanted));
}

/** What the API server assigns and then refuses to change. */
function carryImmutable(present: KubeObject, wanted: KubeObject): KubeObject {
  if (wanted.kind === 'PersistentVolumeClaim') return carryClaim(present, wanted);
  if (wanted.kind !== 'Service') return wanted;
  const { clusterIP, clusterIPs } = (present as { spec?: { clusterIP?: string; clusterIPs?: readonly string[] } }).spec ?? {};
  const spec = (wanted as { spec?: object }).spec ?? {};
  return { ...wanted, spec: { clusterIP, clusterIPs, ...spec } } as KubeObject;
}

/** A claim is bound for good: what was written on it then belongs to the volume. */
function carryClaim(present: KubeObject, wanted: KubeObject): KubeObject {
  const { spec } = present as { spec?: object };
  const metadata = { ...wanted.metadata, annotations: { ...present.metadata.annotations, ...wanted.metadata.annotations } };
  const bound = { ...wanted, metadata, ...(spec === undefined ? {} : { spec }) };
  return bound;
}
