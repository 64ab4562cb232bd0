import type { BoundObjectReference, Pod, ServiceAccount } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest, conflict, notFound } from '../meta/status-error.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** What a token may die with. */
export type BoundKind = 'pod' | 'secret' | 'node';

export interface BoundObject {
  readonly kind: BoundKind;
  readonly name: string;
  readonly uid: string;
  /** Of a pod the node that it runs on, which the token tells as well. */
  readonly node?: { readonly name: string; readonly uid: string };
}

const kinds: Readonly<Record<string, BoundKind>> = { 'v1/Pod': 'pod', 'v1/Secret': 'secret', 'v1/Node': 'node' };

/** Finds the object that a token is asked for, or throws a StatusError in the words of the token registry. */
export function requireBound(store: ObjectStore, account: ServiceAccount, reference: BoundObjectReference): BoundObject {
  const { apiVersion = '', kind: named = '', name = '', uid } = reference;
  const kind = kinds[`${apiVersion}/${named}`];
  if (kind === undefined) throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${named}`);
  const { namespace = '', name: accountName } = account.metadata;
  const resource = { group: '', resource: `${kind}s` };
  const found = findBound(store, namespace, { kind, name });
  if (found === undefined) throw notFound(resource, name);
  if (uid !== undefined && uid !== '' && uid !== found.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(resource, name, why);
  }
  const { spec } = found as Pod;
  if (kind === 'pod' && spec?.serviceAccountName !== accountName) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
    );
  }
  const node = kind === 'pod' ? store.get('/nodes', `/${spec?.nodeName ?? ''}`) : undefined;
  return {
    kind,
    name,
    uid: found.metadata.uid ?? '',
    ...(node === undefined ? {} : { node: { name: node.metadata.name, uid: node.metadata.uid ?? '' } }),
  };
}

export function findBound(
  store: ObjectStore,
  namespace: string,
  { kind, name }: Pick<BoundObject, 'kind' | 'name'>,
): KubeObject | undefined {
  return store.get(`/${kind}s`, `${kind === 'node' ? '' : namespace}/${name}`);
}
