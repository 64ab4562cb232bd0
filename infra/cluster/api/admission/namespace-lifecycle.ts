import type { Namespace } from '../../meta/generated/types.ts';
import { forbidden, notFound, StatusError } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';
import type { Visibility } from '../visibility.ts';

/** Namespaces that cannot be deleted. */
const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is not there or on its way out. */
export function checkNamespace(store: ObjectStore, call: Call, name: string): void {
  const { namespace, info } = call;
  if (namespace === undefined || !info.namespaced) return;
  const found = store.get('/namespaces', `/${namespace}`) as Namespace | undefined;
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp === undefined && found.status?.phase !== 'Terminating') return;
  const refusal = forbidden(info, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }];
  throw new StatusError({ ...refusal.status, details: { ...refusal.status.details, causes } });
}

export function refuseImmortal(call: Call, name: string): void {
  if (call.info.group === '' && call.info.kind === 'Namespace' && immortal.has(name)) {
    throw forbidden(call.info, name, 'this namespace may not be deleted');
  }
}

/** Namespaces of the platform's and definitions in its groups are neither taken nor shown to be taken. */
export function refuseReservedName(visibility: Visibility, { user, info }: Call, name: string): void {
  if (info.kind === 'CustomResourceDefinition' && visibility.isHiddenDefinition(user, name))
    throw forbidden(info, name, 'this group is reserved');
  if (info.group !== '' || info.kind !== 'Namespace') return;
  const prefix = visibility.reservedPrefixOf(user, name);
  if (prefix !== undefined) throw forbidden(info, name, `names that begin with ${JSON.stringify(prefix)} are reserved`);
}
