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

  constructor(hiddenNamespaces: readonly string[]) {
    this.#hidden = new Set(hiddenNamespaces);
  }

  isHiddenNamespace(user: User, namespace: string | undefined): boolean {
    return namespace !== undefined && this.#hidden.has(namespace) && !isOperator(user);
  }

  /** Whether a user may know of an object, for lists and watches over all namespaces. */
  isVisible(user: User, object: KubeObject): boolean {
    if (this.#hidden.size === 0 || isOperator(user)) return true;
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

/** What an event is about, in whichever of its two versions it is served. */
function subjectOf(object: KubeObject): Event['involvedObject'] | undefined {
  const { involvedObject, regarding } = object as Partial<Event> & { readonly regarding?: Event['involvedObject'] };
  return involvedObject ?? regarding;
}
