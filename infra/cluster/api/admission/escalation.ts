import type { ClusterRole, PolicyRule, RoleBinding } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { Call } from '../call.ts';
import { rbacGroup, type Rbac } from '../rbac.ts';
import type { Visibility } from '../visibility.ts';

/** Nobody hands out rights that they do not hold, and nobody but operators binds what is the platform's. */
export function checkEscalation(
  { rbac, visibility }: { readonly rbac: Rbac; readonly visibility: Visibility },
  call: Call,
  next: KubeObject,
  previous?: KubeObject,
): void {
  const { user, info, namespace } = call;
  if (visibility.bindsReserved(user, next)) throw forbidden(info, next.metadata.name, 'subjects of this binding belong to the platform');
  if (info.group !== rbacGroup) return;
  const isBinding = info.kind === 'RoleBinding' || info.kind === 'ClusterRoleBinding';
  const rules = isBinding ? rbac.rulesOf((next as RoleBinding).roleRef, namespace ?? '') : newRules(next, previous);
  const missing = rbac.missingRules(user, rules, namespace);
  if (missing.length === 0) return;
  const verb = isBinding ? 'bind' : 'escalate';
  const target = isBinding ? roleTarget((next as RoleBinding).roleRef) : { resource: info.resource, name: next.metadata.name };
  if (rbac.allows(user, { verb, group: rbacGroup, ...target, ...(namespace === undefined ? {} : { namespace }) })) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  throw forbidden(
    info,
    next.metadata.name,
    `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`,
  );
}

function newRules(next: ClusterRole, previous: ClusterRole | undefined): readonly PolicyRule[] {
  const before = new Set((previous?.rules ?? []).map((rule) => JSON.stringify(rule)));
  return (next.rules ?? []).filter((rule) => !before.has(JSON.stringify(rule)));
}

function roleTarget({ kind, name }: RoleBinding['roleRef']): { readonly resource: string; readonly name: string } {
  return { resource: kind === 'ClusterRole' ? 'clusterroles' : 'roles', name };
}

function ruleText(rule: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined): string =>
    values === undefined ? '' : `${name}:${JSON.stringify(values).replaceAll(',', ' ')}`;
  return `{${[list('APIGroups', rule.apiGroups), list('Resources', rule.resources), list('NonResourceURLs', rule.nonResourceURLs), list('Verbs', rule.verbs)].filter((text) => text !== '').join(', ')}}`;
}
