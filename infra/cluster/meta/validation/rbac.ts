import { invalid, notSupported, required } from '../field-error.ts';
import type { ClusterRole, PolicyRule, RoleBinding, Subject } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { isPathSegmentName } from '../names.ts';
import { checkLabelSelector } from './label-selector.ts';
import { checkDnsSubdomain, checkNames, checkRequired, isEmpty, type Report } from './report.ts';

const group = 'rbac.authorization.k8s.io';

type RoleLike = Pick<ClusterRole, 'rules' | 'aggregationRule'>;

export function checkRole(report: Report, { rules = [] }: RoleLike): void {
  for (const [index, rule] of rules.entries()) checkRule(report, rule, true, `rules[${index}]`);
}

export function checkClusterRole(report: Report, { rules = [], aggregationRule }: RoleLike): void {
  for (const [index, rule] of rules.entries()) checkRule(report, rule, false, `rules[${index}]`);
  if (aggregationRule === undefined) return;
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  const path = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0) report(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  for (const [index, selector] of selectors.entries()) checkLabelSelector(report, selector, `${path}[${index}]`);
}

function checkRule(report: Report, rule: PolicyRule, isNamespaced: boolean, path: string): void {
  const { verbs, apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  if (verbs.length === 0) report(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    if (isNamespaced) report(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length + resources.length + (rule.resourceNames ?? []).length > 0) {
      report(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return;
  }
  if (apiGroups.length === 0) report(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0) report(required(`${path}.resources`, 'resource rules must supply at least one resource'));
}

type BindingLike = Pick<RoleBinding, 'roleRef' | 'subjects'>;

export function checkRoleBinding(report: Report, binding: BindingLike): void {
  checkBinding(report, binding, ['ClusterRole', 'Role']);
}

export function checkClusterRoleBinding(report: Report, binding: BindingLike): void {
  checkBinding(report, binding, ['ClusterRole']);
}

function checkBinding(report: Report, { roleRef, subjects = [] }: BindingLike, kinds: readonly string[]): void {
  if (roleRef.apiGroup !== group) report(notSupported('roleRef.apiGroup', roleRef.apiGroup, [group]));
  if (!kinds.includes(roleRef.kind)) report(notSupported('roleRef.kind', roleRef.kind, kinds));
  if (checkRequired(report, roleRef.name, 'roleRef.name')) checkNames(report, roleRef.name, 'roleRef.name', isPathSegmentName);
  const isNamespaced = kinds.includes('Role');
  for (const [index, subject] of subjects.entries()) checkSubject(report, subject, isNamespaced, `subjects[${index}]`);
}

function checkSubject(report: Report, { kind, name, namespace, apiGroup = '' }: Subject, isNamespaced: boolean, path: string): void {
  if (name === '') report(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') checkDnsSubdomain(report, name, `${path}.name`);
      if (apiGroup !== '') report(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      // A role binding's own namespace is filled in by the server.
      if (!isNamespaced && isEmpty(namespace)) report(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== group) report(notSupported(`${path}.apiGroup`, apiGroup, [group]));
      break;
    default:
      report(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
}

/** To what a binding binds is its identity. */
export function checkRoleRefUpdate(report: Report, next: BindingLike, previous: BindingLike): void {
  if (!jsonEqual(next.roleRef, previous.roleRef)) report(invalid('roleRef', next.roleRef, 'cannot change roleRef'));
}
