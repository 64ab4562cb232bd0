import type { ApiClient } from './client/api-client.ts';
import { isAlreadyExists, orAbsent } from './client/api-errors.ts';
import { provisionerName } from './client/volumes.ts';
import { builtInClusterRoleBindings, builtInClusterRoles } from './meta/cluster-roles.ts';
import type { EndpointSlice, PriorityClass, Service, StorageClass } from './meta/generated/types.ts';
import type { KubeObject, ResourceRef } from './meta/kube-object.ts';

const rbac = (resource: string): ResourceRef => ({ group: 'rbac.authorization.k8s.io', version: 'v1', resource });
const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const slices: ResourceRef = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };
const storageClasses: ResourceRef = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' };
const priorityClasses: ResourceRef = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' };

export interface BootstrapOptions {
  readonly hiddenNamespaces: readonly string[];
  readonly apiServerIp: string;
  /** Where pods reach the API server; changes when a cluster is resumed on another port. */
  readonly endpoint: { readonly ip: string; readonly port: number };
  /** The address that pods ask for names, and where they are answered; absent where pods have hosts files only. */
  readonly dns?: { readonly clusterIp: string; readonly endpoint: { readonly ip: string; readonly port: number } };
}

/** What every cluster has from the start. Repeating it on a resumed cluster changes only where the API server is to be found. */
export async function bootstrap(api: ApiClient, options: BootstrapOptions): Promise<void> {
  const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease', ...options.hiddenNamespaces];
  await Promise.all(namespaces.map((name) => ensure(api, core('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  await Promise.all([
    ...builtInClusterRoles().map((role) => ensure(api, rbac('clusterroles'), role)),
    ...builtInClusterRoleBindings().map((binding) => ensure(api, rbac('clusterrolebindings'), binding)),
    ...systemPriorityClasses.map((entry) => ensure(api, priorityClasses, entry)),
    ensure(api, storageClasses, defaultStorageClass),
    // Made here and not left to the controller, so that a pod can be created as soon as the cluster answers.
    ...namespaces.map((namespace) =>
      ensure(api, core('serviceaccounts'), {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      }),
    ),
    ensure(api, core('services'), apiService(options.apiServerIp)),
  ]);
  if (options.dns !== undefined) await ensureDns(api, options.dns);
  await ensureApiEndpoint(api, options.endpoint);
}

async function ensure<T extends KubeObject>(api: ApiClient, ref: ResourceRef, object: T): Promise<void> {
  try {
    await api.create(ref, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

function apiService(clusterIP: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP,
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  };
}

async function ensureApiEndpoint(api: ApiClient, { ip, port }: BootstrapOptions['endpoint']): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  } as EndpointSlice;
  await ensure(api, slices, slice);
  await api.patch(slices, { name: 'kubernetes', namespace: 'default' }, 'merge', { endpoints: slice.endpoints, ports: slice.ports });
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
  await ensure(api, core('endpoints'), endpoints);
  await api.patch(core('endpoints'), { name: 'kubernetes', namespace: 'default' }, 'merge', { subsets: endpoints.subsets });
}

/**
 * The Service that pods ask for names. It is an ordinary one: whoever breaks or deletes it has broken DNS, and a restart of the cluster
 * mends no more than where the responder is.
 */
async function ensureDns(api: ApiClient, { clusterIp, endpoint: { ip, port } }: NonNullable<BootstrapOptions['dns']>): Promise<void> {
  const place = { name: 'kube-dns', namespace: 'kube-system' };
  const ports = [
    { name: 'dns', port, protocol: 'UDP' },
    { name: 'dns-tcp', port, protocol: 'TCP' },
  ];
  // The API's own endpoint is made last: with it, this is no first start.
  if ((await orAbsent(api.get(slices, 'kubernetes', 'default'))) !== undefined) {
    if ((await orAbsent(api.get(slices, place.name, place.namespace))) !== undefined) await api.patch(slices, place, 'merge', { ports });
    return;
  }
  await ensure(api, core('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...place, labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' } },
    spec: {
      clusterIP: clusterIp,
      type: 'ClusterIP',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  });
  await ensure(api, slices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...place, labels: { 'kubernetes.io/service-name': place.name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports,
  });
}

const defaultStorageClass: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: provisionerName,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

const systemPriorityClasses: readonly PriorityClass[] = [
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  priorityClass('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
];

function priorityClass(name: string, value: number, description: string): PriorityClass {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}
