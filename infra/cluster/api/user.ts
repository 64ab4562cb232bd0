import { operatorGroup } from '../cluster-options.ts';

/** Who makes a request. */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Who acts in this user's name; absent where nobody does. It counts for the audit trail and for nothing else. */
  readonly impersonator?: User;
}

export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
const unauthenticatedGroup = 'system:unauthenticated';

export const anonymous: User = { username: 'system:anonymous', groups: [unauthenticatedGroup] };

export function isOperator(user: User): boolean {
  return user.groups.includes(operatorGroup);
}

export function serviceAccountUser(namespace: string, name: string, uid?: string, extra?: User['extra']): User {
  return {
    username: serviceAccountName(namespace, name),
    ...(uid === undefined ? {} : { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticatedGroup],
    ...(extra === undefined ? {} : { extra }),
  };
}

export function serviceAccountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
