import type { EndpointAddress, Endpoints, EndpointSubset, Service } from '../meta/generated/types.ts';
import type { ServiceEndpoint } from './service-endpoints.ts';

const MANAGED_BY = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
const headlessLabel = 'service.kubernetes.io/headless';

/** The older Endpoints object of a Service: pods on their way out are left out, the others are in subsets by their ports. */
export function endpointsObject(service: Service, endpoints: readonly ServiceEndpoint[]): Endpoints {
  const { name, namespace, labels } = service.metadata;
  const isHeadless = service.spec?.clusterIP === 'None';
  const subsets = subsetsOf(endpoints.filter(({ isTerminating }) => !isTerminating || service.spec?.publishNotReadyAddresses === true));
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, ...MANAGED_BY, ...(isHeadless ? { [headlessLabel]: '' } : {}) },
    },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
}

function subsetsOf(endpoints: readonly ServiceEndpoint[]): EndpointSubset[] {
  const subsets = new Map<string, EndpointSubset>();
  for (const endpoint of [...endpoints].sort((a, b) => compareIps(a.ip, b.ip))) {
    const ports = endpoint.ports.map(({ name, ...port }) => ({ ...(name === undefined || name === '' ? {} : { name }), ...port }));
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ...(ports.length === 0 ? {} : { ports }) };
    subsets.set(key, subset);
    const list = endpoint.isReady ? 'addresses' : 'notReadyAddresses';
    subset[list] = [...(subset[list] ?? []), addressOf(endpoint)];
  }
  return [...subsets.keys()].sort().flatMap((key) => subsets.get(key) ?? []);
}

function addressOf({ ip, pod, hostname }: ServiceEndpoint): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const { nodeName } = pod.spec ?? {};
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, ...(uid === undefined ? {} : { uid }) },
  };
}

function compareIps(a: string, b: string): number {
  const parts = (ip: string): number[] => ip.split('.').map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (const [index, part] of left.entries()) {
    const difference = part - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
