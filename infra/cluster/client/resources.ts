import type { ResourceRef } from '../meta/kube-object.ts';

const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const apps = (resource: string): ResourceRef => ({ group: 'apps', version: 'v1', resource });
const batch = (resource: string): ResourceRef => ({ group: 'batch', version: 'v1', resource });

/** The resources that controllers, scheduler and kubelet read or write, by the names the API has for them. */
export const resources = {
  pods: core('pods'),
  nodes: core('nodes'),
  namespaces: core('namespaces'),
  services: core('services'),
  endpoints: core('endpoints'),
  events: core('events'),
  configMaps: core('configmaps'),
  secrets: core('secrets'),
  serviceAccounts: core('serviceaccounts'),
  resourceQuotas: core('resourcequotas'),
  persistentVolumeClaims: core('persistentvolumeclaims'),
  replicationControllers: core('replicationcontrollers'),
  persistentVolumes: core('persistentvolumes'),
  storageClasses: { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' },
  deployments: apps('deployments'),
  replicaSets: apps('replicasets'),
  statefulSets: apps('statefulsets'),
  daemonSets: apps('daemonsets'),
  controllerRevisions: apps('controllerrevisions'),
  jobs: batch('jobs'),
  cronJobs: batch('cronjobs'),
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
  networkPolicies: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
  leases: { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' },
  podDisruptionBudgets: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  horizontalPodAutoscalers: { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' },
  clusterRoles: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' },
  apiServices: { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' },
  validatingAdmissionPolicies: { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' },
  customResourceDefinitions: { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' },
} as const satisfies Record<string, ResourceRef>;

export function subresource(ref: ResourceRef, name: string): ResourceRef {
  return { group: ref.group, version: ref.version, resource: ref.resource, subresource: name };
}

/** `group/version/resource`, unique among resources; the core group is empty. */
export function resourceId(ref: ResourceRef): string {
  return `${ref.group}/${ref.version}/${ref.resource}`;
}

/** `v1` for the core group, else `group/version`. */
export function apiVersionOf(ref: ResourceRef): string {
  return ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
}
