import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointPort, EndpointSlice, Service } from '../meta/generated/types.ts';
import type { ServiceEndpoint } from './service-endpoints.ts';

export const SLICE_MANAGER = 'endpointslice-controller.k8s.io';
export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const headlessLabel = 'service.kubernetes.io/headless';
/** Kubernetes' default; a Service with more has several slices. */
const MAX_ENDPOINTS = 100;

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

/**
 * Brings a Service's slices to its endpoints with as few writes as it takes: an endpoint stays in the slice it is in, new ones fill what
 * has room, a slice that runs empty goes. A Service without endpoints keeps one empty slice, so that it can be told from an unseen one.
 */
export function planSlices(service: Service, endpoints: readonly ServiceEndpoint[], existing: readonly EndpointSlice[]): SlicePlan {
  const groups = groupByPorts(endpoints);
  const leftOver = new Set(existing);
  const plan = { create: [] as EndpointSlice[], update: [] as EndpointSlice[], delete: [] as EndpointSlice[] };
  for (const { ports, members } of groups) {
    const slices = existing.filter((slice) => slice.addressType === 'IPv4' && isSamePorts(slice.ports, ports));
    for (const slice of slices) leftOver.delete(slice);
    planGroup(service, ports, members, slices, plan);
  }
  const [spare, ...rest] = leftOver;
  if (groups.length > 0) plan.delete.push(...leftOver);
  else if (spare === undefined) plan.create.push(newSlice(service, [], []));
  else {
    plan.delete.push(...rest);
    if ((spare.endpoints ?? []).length > 0 || !hasLabels(spare, service))
      plan.update.push({ ...relabel(spare, service), endpoints: [], ports: [] });
  }
  return plan;
}

function planGroup(
  service: Service,
  ports: readonly EndpointPort[],
  members: readonly ServiceEndpoint[],
  slices: readonly EndpointSlice[],
  plan: { readonly create: EndpointSlice[]; readonly update: EndpointSlice[]; readonly delete: EndpointSlice[] },
): void {
  const wanted = new Map(members.map((member) => [member.pod.metadata.uid ?? member.ip, endpointOf(member)]));
  const kept = slices.map((slice) => {
    const endpoints = (slice.endpoints ?? []).flatMap(({ targetRef }) => {
      const endpoint = wanted.get(targetRef?.uid ?? '');
      if (endpoint !== undefined) wanted.delete(targetRef?.uid ?? '');
      return endpoint === undefined ? [] : [endpoint];
    });
    return { slice, endpoints };
  });
  const fresh = [...wanted.values()];
  for (const { endpoints } of kept) endpoints.push(...fresh.splice(0, MAX_ENDPOINTS - endpoints.length));
  for (const { slice, endpoints } of kept) {
    if (endpoints.length === 0) plan.delete.push(slice);
    else if (!isDeepStrictEqual(slice.endpoints, endpoints) || !hasLabels(slice, service))
      plan.update.push({ ...relabel(slice, service), endpoints });
  }
  while (fresh.length > 0) plan.create.push(newSlice(service, fresh.splice(0, MAX_ENDPOINTS), ports));
}

function endpointOf({ ip, pod, isReady, isServing, isTerminating, hostname }: ServiceEndpoint): Endpoint {
  const { name, namespace, uid } = pod.metadata;
  const { nodeName } = pod.spec ?? {};
  return {
    addresses: [ip],
    conditions: { ready: isReady, serving: isServing, terminating: isTerminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, ...(uid === undefined ? {} : { uid }) },
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function newSlice(service: Service, endpoints: Endpoint[], ports: readonly EndpointPort[]): EndpointSlice {
  const { name, namespace, uid = '' } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: labelsFor(service),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints,
    ports: ports.map((port) => ({ ...port })),
  };
}

function labelsFor({ metadata, spec }: Service): Record<string, string> {
  const isHeadless = spec?.clusterIP === 'None';
  return {
    ...metadata.labels,
    [serviceNameLabel]: metadata.name,
    [managedByLabel]: SLICE_MANAGER,
    ...(isHeadless ? { [headlessLabel]: '' } : {}),
  };
}

function hasLabels({ metadata }: EndpointSlice, service: Service): boolean {
  return isDeepStrictEqual(metadata.labels, labelsFor(service));
}

function relabel(slice: EndpointSlice, service: Service): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: labelsFor(service) } };
}

function groupByPorts(
  endpoints: readonly ServiceEndpoint[],
): readonly { readonly ports: readonly EndpointPort[]; readonly members: ServiceEndpoint[] }[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; members: ServiceEndpoint[] }>();
  for (const endpoint of endpoints) {
    const key = JSON.stringify(endpoint.ports);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ports: endpoint.ports, members: [endpoint] });
    else group.members.push(endpoint);
  }
  return [...groups.values()];
}

function isSamePorts(held: EndpointSlice['ports'], wanted: readonly EndpointPort[]): boolean {
  const texts = (ports: EndpointSlice['ports'] | readonly EndpointPort[]): string[] =>
    (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) => [name, port, protocol, appProtocol].join('/')).sort();
  return isDeepStrictEqual(texts(held), texts(wanted));
}
