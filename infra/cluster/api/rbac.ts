import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject } from '../meta/generated/types.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { isOperator, mastersGroup, serviceAccountName, type User } from './user.ts';

/** What somebody wants to do, as RBAC sees it. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly path?: string;
}

export const rbacGroup = 'rbac.authorization.k8s.io';
export const rbacStore = {
  roles: `${rbacGroup}/roles`,
  roleBindings: `${rbacGroup}/rolebindings`,
  clusterRoles: `${rbacGroup}/clusterroles`,
  clusterRoleBindings: `${rbacGroup}/clusterrolebindings`,
} as const;

/** Decides by the roles and bindings in the store. Operators and system:masters may do everything. */
export class Rbac {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  allows(user: User, attributes: AccessAttributes): boolean {
    if (isOperator(user) || user.groups.includes(mastersGroup)) return true;
    return this.rulesFor(user, attributes.namespace).some((rule) => ruleAllows(rule, attributes));
  }

  /** All rules that apply to a user cluster-wide and, where one is given, in a namespace. */
  rulesFor(user: User, namespace: string | undefined): readonly PolicyRule[] {
    const clusterWide = (this.#store.list(rbacStore.clusterRoleBindings) as readonly ClusterRoleBinding[])
      .filter((binding) => binding.subjects?.some((subject) => isSubject(user, subject, '')))
      .flatMap((binding) => this.rulesOf(binding.roleRef, ''));
    if (namespace === undefined || namespace === '') return clusterWide;
    const local = (this.#store.list(rbacStore.roleBindings, namespace) as readonly RoleBinding[])
      .filter((binding) => binding.subjects?.some((subject) => isSubject(user, subject, namespace)))
      .flatMap((binding) => this.rulesOf(binding.roleRef, namespace));
    return [...clusterWide, ...local];
  }

  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] {
    const found =
      ref.kind === 'ClusterRole'
        ? this.#store.get(rbacStore.clusterRoles, `/${ref.name}`)
        : this.#store.get(rbacStore.roles, `${namespace}/${ref.name}`);
    return (found as ClusterRole | Role | undefined)?.rules ?? [];
  }

  /** The rules among `wanted` that a user does not hold themselves, and so may not hand out. */
  missingRules(user: User, wanted: readonly PolicyRule[], namespace: string | undefined): readonly PolicyRule[] {
    if (isOperator(user) || user.groups.includes(mastersGroup)) return [];
    const held = this.rulesFor(user, namespace);
    return wanted.flatMap(splitRule).filter((rule) => !held.some((own) => covers(own, rule)));
  }
}

function isSubject(user: User, subject: Subject, namespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.username;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount':
      return user.username === serviceAccountName(subject.namespace ?? namespace, subject.name);
    default:
      return false;
  }
}

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, attributes.path ?? ''));
  const { group = '', resource = '', subresource, name } = attributes;
  return (
    includes(rule.apiGroups ?? [], group) &&
    resourceMatches(rule.resources ?? [], resource, subresource) &&
    ((rule.resourceNames ?? []).length === 0 || (name !== undefined && (rule.resourceNames ?? []).includes(name)))
  );
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function resourceMatches(list: readonly string[], resource: string, subresource: string | undefined): boolean {
  const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
  return list.some((entry) => entry === '*' || entry === whole || (subresource !== undefined && entry === `*/${subresource}`));
}

function urlMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** A rule as rules of one verb, one group and one resource each, which is how escalation is checked. */
function splitRule(rule: PolicyRule): PolicyRule[] {
  if ((rule.nonResourceURLs ?? []).length > 0) {
    return rule.verbs.flatMap((verb) => (rule.nonResourceURLs ?? []).map((url) => ({ verbs: [verb], nonResourceURLs: [url] })));
  }
  return rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).map((resource) => ({
        verbs: [verb],
        apiGroups: [group],
        resources: [resource],
        ...(rule.resourceNames === undefined ? {} : { resourceNames: rule.resourceNames }),
      })),
    ),
  );
}

function covers(own: PolicyRule, wanted: PolicyRule): boolean {
  const [verb = ''] = wanted.verbs;
  if (!includes(own.verbs, verb)) return false;
  const [url] = wanted.nonResourceURLs ?? [];
  if (url !== undefined) return (own.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  const [group = ''] = wanted.apiGroups ?? [];
  const [whole = ''] = wanted.resources ?? [];
  const [resource = '', subresource] = whole.split('/');
  const names = wanted.resourceNames ?? [];
  const ownNames = own.resourceNames ?? [];
  return (
    includes(own.apiGroups ?? [], group) &&
    (whole === '*' ? (own.resources ?? []).includes('*') : resourceMatches(own.resources ?? [], resource, subresource)) &&
    (ownNames.length === 0 || (names.length > 0 && names.every((name) => ownNames.includes(name))))
  );
}
