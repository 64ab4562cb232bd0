import type { MatchResources, Namespace } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { labelSelectorMatches } from '../../meta/selectors.ts';
import { storeKey, type ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** One write, as those who may refuse it see it. */
export interface Attempt {
  readonly call: Call;
  readonly operation: Operation;
  readonly name: string;
  /** Absent when it is to be deleted. */
  readonly object: KubeObject | undefined;
  /** Absent when it is to be created. */
  readonly previous: KubeObject | undefined;
}

type Rule = NonNullable<MatchResources['resourceRules']>[number];

/** Whether a policy's or binding's match criteria name the write. Without rules (as a binding may be) every resource is meant. */
export function isMatch(store: ObjectStore, match: MatchResources | undefined, attempt: Attempt): boolean {
  if (match === undefined) return true;
  const { resourceRules = [], excludeResourceRules = [], namespaceSelector, objectSelector } = match;
  if (excludeResourceRules.some((rule) => matchesRule(rule, attempt))) return false;
  if (resourceRules.length > 0 && !resourceRules.some((rule) => matchesRule(rule, attempt))) return false;
  return matchesNamespace(store, namespaceSelector, attempt) && matchesObject(objectSelector, attempt);
}

function matchesRule(rule: Rule, { call, operation, name }: Attempt): boolean {
  const { group, version, resource, namespaced } = call.info;
  const { resourceNames = [], scope = '*' } = rule;
  const has = (list: readonly string[] | undefined, value: string): boolean =>
    list?.includes('*') === true || list?.includes(value) === true;
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, resource, call.subresource ?? '')) &&
    (scope === '*' || (scope === 'Namespaced') === namespaced) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  );
}

/** `pods` means pods and none of their subresources; `*` may stand on either side of the slash. */
function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  if (pattern === '*/*') return true;
  const [wantedResource = '', wantedSubresource = ''] = pattern.split('/');
  return (
    (wantedResource === '*' || wantedResource === resource) &&
    (wantedSubresource === subresource || (wantedSubresource === '*' && subresource !== ''))
  );
}

/** A namespace is chosen by its own labels; what lies in none is always chosen. */
function matchesNamespace(store: ObjectStore, selector: MatchResources['namespaceSelector'], { call, object, previous }: Attempt): boolean {
  if (selector === undefined) return true;
  const { info, namespace } = call;
  if (info.group === '' && info.kind === 'Namespace') return labelSelectorMatches(selector, (object ?? previous)?.metadata.labels);
  if (namespace === undefined || !info.namespaced) return true;
  return labelSelectorMatches(selector, namespaceNamed(store, namespace)?.metadata.labels);
}

/** Either state of the object may be the one that is chosen. */
function matchesObject(selector: MatchResources['objectSelector'], { object, previous }: Attempt): boolean {
  if (selector === undefined) return true;
  return [object, previous].some((each) => each !== undefined && labelSelectorMatches(selector, each.metadata.labels));
}

export function namespaceNamed(store: ObjectStore, name: string): Namespace | undefined {
  return store.get('/namespaces', storeKey(undefined, name));
}
