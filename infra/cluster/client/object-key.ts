import type { KubeObject } from '../meta/kube-object.ts';

/** Names an object within its resource: `namespace/name`, or `name` alone for what has no namespace. */
export type ObjectKey = string;

export function objectKey(namespace: string | undefined, name: string): ObjectKey {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function keyOf(object: Pick<KubeObject, 'metadata'>): ObjectKey {
  return objectKey(object.metadata.namespace, object.metadata.name);
}

export function splitKey(key: ObjectKey): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/');
  if (slash < 0) return { namespace: undefined, name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The namespace of a key that is known to name a namespaced object. */
export function namespacedKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const { namespace, name } = splitKey(key);
  return { namespace: namespace ?? '', name };
}
