import { operatorGroup } from '../cluster-options.ts';
import type { ClusterRoleBinding, Event } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { isOperator, type User } from './user.ts';

/**
 * What Drillhouse keeps to itself: namespaces that exist for operators only. For everybody else, cluster-admin included, they are
 * absent from whatever is asked.
 */
export class Visibility {
  readonly #hidden: ReadonlySet<string>;
  readonly #hiddenGroups: readonly string[];

  constructor(hiddenNamespaces: readonly string[], hiddenGroups: readonly string[] = []) {
    this.#hidden = new Set(hiddenNamespaces);
    this.#hiddenGroups = hiddenGroups;
  }

  /** Whether a group's resources, reads included, are the platform's own: experiments are no business of those who are to find out what is wrong. */
  isHiddenGroup(user: User, group: string): boolean {
    return this.#hiddenGroups.includes(group) && !isOperator(user);
  }

  isHiddenNamespace(user: User, namespace: string | undefined): boolean {
    return namespace !== undefined && this.#hidden.has(namespace) && !isOperator(user);
  }

  isHiddenDefinition(user: User, name: string | undefined): boolean {
    return this.#hiddenGroups.some((group) => name?.endsWith(`.${group}`) === true) && !isOperator(user);
  }

  /** Whether a user may know of an object, for lists and watches over all namespaces. */
  isVisible(user: User, object: KubeObject): boolean {
    if (isOperator(user)) return true;
    if (this.#hiddenGroups.some((group) => isOfGroup(object, group))) return false;
    if (this.#hidden.size === 0) return true;
    if (this.#hidden.has(object.metadata.namespace ?? '')) return false;
    if (object.kind === 'Namespace') return !this.#hidden.has(object.metadata.name);
    if (object.kind === 'Event') return !this.#hidden.has(subjectOf(object)?.namespace ?? '');
    return true;
  }

  /**
   * Whether a new namespace's name is the platform's: all that begin as a hidden one does. Saying so of a whole prefix tells nobody which of them
   * are there.
   */
  reservedPrefixOf(user: User, name: string): string | undefined {
    if (isOperator(user)) return undefined;
    return [...this.#hidden].map((hidden) => `${hidden.split('-')[0] ?? ''}-`).find((prefix) => `${name}-`.startsWith(prefix));
  }

  /** Names that a request may not be made under, whoever may impersonate. */
  isReservedGroup(user: User, group: string): boolean {
    return group === operatorGroup && !isOperator(user);
  }

  /** Whether somebody else than an operator tries to bind a role to the operators or to an identity in a hidden namespace. */
  bindsReserved(user: User, object: KubeObject): boolean {
    if (isOperator(user) || (object.kind !== 'ClusterRoleBinding' && object.kind !== 'RoleBinding')) return false;
    const { subjects = [] } = object as ClusterRoleBinding;
    return subjects.some((subject) => subject.name === operatorGroup || this.#hidden.has(subject.namespace ?? ''));
  }

  /** Whether a service account lives where only operators see, for impersonation. */
  isHiddenIdentity(user: User, username: string): boolean {
    const [, , namespace] = username.split(':');
    return username.startsWith('system:serviceaccount:') && this.isHiddenNamespace(user, namespace);
  }
}

/** An object of the group, a definition of its kinds, or an event about either. */
function isOfGroup(object: KubeObject, group: string): boolean {
  if (object.kind === 'Event') return subjectOf(object)?.apiVersion?.startsWith(`${group}/`) === true;
  if (object.kind === 'CustomResourceDefinition' || object.kind === 'APIService') return object.metadata.name.endsWith(`.${group}`);
  return object.apiVersion.startsWith(`${group}/`);
}

/** What an event is about, in whichever of its two versions it is served. */
function subjectOf(object: KubeObject): Event['involvedObject'] | undefined {
  const { involvedObject, regarding } = object as Partial<Event> & { readonly regarding?: Event['involvedObject'] };
  return involvedObject ?? regarding;
}
