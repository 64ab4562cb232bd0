import type { Container, Pod, ResourceQuota, Service } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { isPodTerminal, isSidecar, podResourceAmounts, qosClassOf } from './pod-status.ts';
import { parseQuantity, type Quantity } from './quantity.ts';

/** An object and what it is an object of. */
export interface UsageEntry {
  readonly group: string;
  readonly resource: string;
  readonly object: KubeObject;
}

export interface QuotaUsage {
  /** By the names that `spec.hard` uses, only those the quota limits. */
  readonly amounts: Record<string, Quantity>;
  /** Compute resources that the quota limits and containers leave unsaid. */
  readonly missing: readonly { readonly resource: string; readonly containers: readonly string[] }[];
}

const one = parseQuantity('1');
const computeResources = ['cpu', 'memory', 'ephemeral-storage'];

/** What one object uses of a quota, or undefined where the quota does not concern it (kind, scopes, a pod that has ended). */
export function resourceQuotaUsage(entry: UsageEntry, quota: ResourceQuota): QuotaUsage | undefined {
  const hard = quota.spec?.hard ?? {};
  const all = entry.resource === 'pods' && entry.group === '' ? podUsage(entry.object, quota) : objectUsage(entry);
  if (all === undefined) return undefined;
  const amounts = Object.fromEntries(Object.entries(all).filter(([name]) => hard[name] !== undefined));
  const missing = entry.resource === 'pods' && entry.group === '' ? missingOf(entry.object, Object.keys(hard)) : [];
  return Object.keys(amounts).length === 0 && missing.length === 0 ? undefined : { amounts, missing };
}

function podUsage(pod: Pod, quota: ResourceQuota): Record<string, Quantity> | undefined {
  if (pod.spec === undefined || isPodTerminal(pod) || !matchesScopes(pod, quota.spec?.scopes ?? [])) return undefined;
  const requests = podResourceAmounts(pod.spec, 'requests');
  const limits = podResourceAmounts(pod.spec, 'limits');
  const named = (prefix: string, amounts: Record<string, Quantity>): Record<string, Quantity> =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [`${prefix}${name}`, amount]));
  return { pods: one, 'count/pods': one, ...named('', requests), ...named('requests.', requests), ...named('limits.', limits) };
}

function matchesScopes(pod: Pod, scopes: readonly string[]): boolean {
  const isBestEffort = pod.spec !== undefined && qosClassOf(pod.spec) === 'BestEffort';
  const isTerminating = pod.spec?.activeDeadlineSeconds !== undefined;
  const holds: Readonly<Record<string, boolean>> = {
    BestEffort: isBestEffort,
    NotBestEffort: !isBestEffort,
    Terminating: isTerminating,
    NotTerminating: !isTerminating,
  };
  return scopes.every((scope) => holds[scope] ?? true);
}

function objectUsage({ group, resource, object }: UsageEntry): Record<string, Quantity> {
  const counted = { [`count/${resource}${group === '' ? '' : `.${group}`}`]: one, ...(group === '' ? { [resource]: one } : {}) };
  if (group === '' && resource === 'services') return { ...counted, ...serviceUsage(object) };
  return counted;
}

function serviceUsage({ spec }: Service): Record<string, Quantity> {
  const ports = parseQuantity(String(spec?.ports?.length ?? 0));
  if (spec?.type === 'NodePort') return { 'services.nodeports': ports };
  return spec?.type === 'LoadBalancer' ? { 'services.loadbalancers': one, 'services.nodeports': ports } : {};
}

/** A quota on a compute resource demands that every container says how much it takes. */
function missingOf(pod: Pod, limited: readonly string[]): QuotaUsage['missing'] {
  const containers = [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])];
  return limited
    .flatMap((name) => {
      const resource = name.replace(/^(requests|limits)\./, '');
      if (!computeResources.includes(resource)) return [];
      const which = name.startsWith('limits.') ? 'limits' : 'requests';
      const silent = containers
        .filter((container: Container) => container.resources?.[which]?.[resource] === undefined)
        .map((container) => container.name);
      return silent.length === 0 ? [] : [{ resource: name, containers: silent }];
    })
    .sort((a, b) => (a.resource < b.resource ? -1 : 1));
}
