import type { SubjectAccessReview } from '../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { KubeObjects } from './kube-objects.ts';
import { PlatformError } from './platform-error.ts';

/** Who would ask. Groups are named in full: the API server adds none to a review. */
export interface AccessSubject {
  readonly user: string;
  readonly groups: readonly string[];
}

export interface AccessQuestion {
  readonly verb: string;
  readonly resource: string;
  /** The API group; empty for the core. */
  readonly group: string;
  /** Empty: in all namespaces. */
  readonly namespace: string;
  readonly subresource?: string | undefined;
  /** One object; absent: any. */
  readonly name?: string | undefined;
}

/** A service account as it comes to the API server with its token. Pure. */
export function accountSubject(namespace: string, name: string): AccessSubject {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** Somebody of whom nothing is known but a group, and the groups that whoever is in it is in, too. Pure. */
export function groupSubject(group: string): AccessSubject {
  if (group === 'system:unauthenticated') return { user: 'system:anonymous', groups: [group] };
  const accounts = group.startsWith('system:serviceaccounts:') ? ['system:serviceaccounts'] : [];
  return { user: 'drillhouse-nobody', groups: [...new Set([group, ...accounts, 'system:authenticated'])] };
}

/** Asks the API server whether it would let somebody. Throws PlatformError where it gives no answer. */
export async function isAllowed(objects: KubeObjects, { user, groups }: AccessSubject, question: AccessQuestion): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { user, groups: [...groups], resourceAttributes: withoutAbsent(question) },
  };
  const { status } = (await objects.create(review as unknown as KubeObject)) as unknown as SubjectAccessReview;
  if (typeof status?.allowed !== 'boolean') throw new PlatformError('ApiFailed', 'The API server answered an access review with nothing.');
  return status.allowed;
}

/** As `kubectl auth can-i` would be told it. Pure. */
export function describeQuestion({ verb, resource, group, namespace, subresource, name }: AccessQuestion): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`} in ${namespace === '' ? 'all namespaces' : namespace}`;
}

function withoutAbsent(question: AccessQuestion): object {
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined && value !== ''));
}
