import { withCondition } from '../meta/condition.ts';
import type { APIService, APIServiceCondition, CustomResourceDefinition, Service } from '../meta/generated/types.ts';
import { builtInResources } from '../meta/registry.ts';

/** On what the controller itself keeps; the value tells those that are made once from those that follow definitions. */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** Where a group stands among the others in discovery, and a version among those of its group: Kubernetes' own table. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'metrics.k8s.io': 100,
};
const versionPriorities: Readonly<Record<string, number>> = { '/v1': 1, 'autoscaling/v2': 30, 'metrics.k8s.io/v1beta1': 100 };
/** The aggregator's own group has no entry in its list. */
const withoutEntry = 'apiregistration.k8s.io';

/** The groups that every cluster serves, by the names of their entries. */
const ownEntries: ReadonlyMap<string, APIService> = new Map(
  builtInResources
    .filter(({ group }) => group !== withoutEntry)
    .map(({ group, version }) =>
      entry(group, version, groupPriorities[group] ?? 1000, versionPriorities[`${group}/${version}`] ?? 15, 'onstart'),
    )
    .map((each) => [each.metadata.name, each]),
);

export const ownEntryNames: readonly string[] = [...ownEntries.keys()];

/** The entry of that name that a cluster must have, of its own groups or of those of its definitions; undefined when it needs none. */
export function planApiService(name: string, definitions: readonly CustomResourceDefinition[]): APIService | undefined {
  const own = ownEntries.get(name);
  if (own !== undefined) return own;
  for (const { spec, metadata } of definitions) {
    const version = spec.versions.find((each) => each.served && entryName(each.name, spec.group) === name);
    if (version !== undefined && metadata.deletionTimestamp === undefined) return entry(spec.group, version.name, 1000, 100, 'true');
  }
  return undefined;
}

export function entryName(version: string, group: string): string {
  return `${version}.${group}`;
}

function entry(group: string, version: string, groupPriorityMinimum: number, versionPriority: number, managed: string): APIService {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: entryName(version, group), labels: { [managedLabel]: managed } },
    spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
  };
}

/** What is to be said of an entry that leads to another API server. None is ever asked here. */
export function availabilityOf(held: APIService, services: readonly Service[], nowIso: string): APIServiceCondition[] {
  const { namespace = '', name = '' } = held.spec?.service ?? {};
  const isThere = services.some(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const [reason, message] = isThere
    ? ['FailedDiscoveryCheck', `this cluster does not forward requests to service/${name} in ${JSON.stringify(namespace)}`]
    : ['ServiceNotFound', `service/${name} in ${JSON.stringify(namespace)} is not present`];
  return withCondition(held.status?.conditions, { type: 'Available', status: 'False', reason, message }, nowIso);
}
