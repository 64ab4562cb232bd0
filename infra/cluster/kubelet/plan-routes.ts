import type { ServiceRoute } from '../../runtime/runtime.ts';
import type { Endpoint, EndpointSlice, Service } from '../meta/generated/types.ts';

type RoutePort = ServiceRoute['ports'][number];

/** The whole table of Services that pods can reach, from Services and their EndpointSlices; sorted, so that equal tables look equal. */
export function planRoutes(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  hiddenNamespaces: readonly string[] = [],
): ServiceRoute[] {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace ?? ''}/${name}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  return services
    .flatMap((service) => routeOf(service, byService.get(`${service.metadata.namespace ?? ''}/${service.metadata.name}`) ?? []))
    .map((route) => (hiddenNamespaces.includes(route.namespace) ? { ...route, isHidden: true } : route))
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

function routeOf(service: Service, slices: readonly EndpointSlice[]): ServiceRoute[] {
  const { type = 'ClusterIP', clusterIP = '', ports = [] } = service.spec ?? {};
  if (type === 'ExternalName' || clusterIP === '') return [];
  const routePorts = ports.flatMap(({ name = '', port, protocol = 'TCP' }): RoutePort[] => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    const endpoints = slices.flatMap((slice) => endpointsOf(slice, name, protocol));
    return [{ port, protocol, endpoints: endpoints.sort((a, b) => compare(a.ip, b.ip)) }];
  });
  return [{ namespace: service.metadata.namespace ?? '', name: service.metadata.name, clusterIp: clusterIP, ports: routePorts }];
}

/** A slice's ports and a Service's are one when their names are; the slice's number is the target's. */
function endpointsOf(slice: EndpointSlice, portName: string, protocol: string): RoutePort['endpoints'][number][] {
  const port = (slice.ports ?? []).find((other) => (other.name ?? '') === portName && (other.protocol ?? 'TCP') === protocol)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? [])
    .filter(isServing)
    .flatMap(({ addresses, hostname }) =>
      addresses.slice(0, 1).map((ip) => ({ ip, port, ...(hostname === undefined || hostname === '' ? {} : { hostname }) })),
    );
}

/** An unknown readiness counts as ready, as the API says. */
function isServing({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
