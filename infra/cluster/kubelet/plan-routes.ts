import { BlockList } from 'node:net';
import type { ServiceRoute } from '../../runtime/runtime.ts';
import type { Endpoint, EndpointSlice, Service } from '../meta/generated/types.ts';

type RoutePort = ServiceRoute['ports'][number];

/**
 * Where Services may lead: to pods, and to what the platform itself serves. Whoever is cluster-admin of a sandbox can write any address
 * into an EndpointSlice, the host's too, and a Service must not become the way to it.
 */
export interface RoutePlaces {
  readonly podCidr: string;
  /** The host as pods see it, which is closed but for `hostPorts`. */
  readonly hostIp: string;
  readonly hostPorts: readonly number[];
  /** Their Services are unknown to pods of all other namespaces. */
  readonly hiddenNamespaces?: readonly string[];
}

/** Where connections to `ip:port` of a pod go instead, when they come through a ClusterIP. */
export type Detours = ReadonlyMap<string, { readonly ip: string; readonly port: number }>;

/** The routes with every endpoint that has a detour replaced by it; headless Services name the pods themselves and stay. */
export function planDetours(routes: readonly ServiceRoute[], detours: Detours): readonly ServiceRoute[] {
  if (detours.size === 0) return routes;
  const detoured = (port: RoutePort): RoutePort => ({
    ...port,
    endpoints: port.endpoints.map((endpoint) => ({ ...endpoint, ...detours.get(`${endpoint.ip}:${endpoint.port}`) })),
  });
  return routes.map((route) => (route.clusterIp === 'None' ? route : { ...route, ports: route.ports.map(detoured) }));
}

/** The whole table of Services that pods can reach, from Services and their EndpointSlices; sorted, so that equal tables look equal. */
export function planRoutes(services: readonly Service[], slices: readonly EndpointSlice[], places: RoutePlaces): ServiceRoute[] {
  const { hiddenNamespaces = [] } = places;
  const mayLeadTo = placeCheck(places);
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (name === undefined || slice.addressType !== 'IPv4') continue;
    const key = `${slice.metadata.namespace ?? ''}/${name}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  return services
    .flatMap((service) => routeOf(service, byService.get(`${service.metadata.namespace ?? ''}/${service.metadata.name}`) ?? [], mayLeadTo))
    .map((route) => (hiddenNamespaces.includes(route.namespace) ? { ...route, isHidden: true } : route))
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

type PlaceCheck = (endpoint: { readonly ip: string; readonly port: number }) => boolean;

function placeCheck({ podCidr, hostIp, hostPorts }: RoutePlaces): PlaceCheck {
  const [base = '', prefix = '32'] = podCidr.split('/');
  const pods = new BlockList();
  pods.addSubnet(base, Number(prefix), 'ipv4');
  return ({ ip, port }) => (ip === hostIp ? hostPorts.includes(port) : pods.check(ip, 'ipv4'));
}

function routeOf(service: Service, slices: readonly EndpointSlice[], mayLeadTo: PlaceCheck): ServiceRoute[] {
  const { type = 'ClusterIP', clusterIP = '', ports = [], sessionAffinity } = service.spec ?? {};
  const sticky = sessionAffinity === 'ClientIP' ? { isSticky: true } : {};
  const identity = { namespace: service.metadata.namespace ?? '', name: service.metadata.name };
  if (type === 'ExternalName') return [{ ...identity, clusterIp: '', externalName: service.spec?.externalName ?? '', ports: [] }];
  if (clusterIP === '') return [];
  const routePorts = ports.flatMap(({ name = '', port, protocol = 'TCP' }): RoutePort[] => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    const endpoints = slices.flatMap((slice) => endpointsOf(slice, name, protocol)).filter(mayLeadTo);
    return [{ ...(name === '' ? {} : { name }), port, protocol, endpoints: endpoints.sort((a, b) => compare(a.ip, b.ip)) }];
  });
  const addresses =
    clusterIP === 'None' && ports.length === 0 ? slices.flatMap(addressesOf).filter((one) => mayLeadTo({ ...one, port: 0 })) : [];
  return [{ ...identity, clusterIp: clusterIP, ports: routePorts, ...sticky, ...(addresses.length === 0 ? {} : { addresses }) }];
}

/** A slice's ports and a Service's are one when their names are; the slice's number is the target's. */
function endpointsOf(slice: EndpointSlice, portName: string, protocol: string): RoutePort['endpoints'][number][] {
  const port = (slice.ports ?? []).find((other) => (other.name ?? '') === portName && (other.protocol ?? 'TCP') === protocol)?.port;
  if (port === undefined) return [];
  return addressesOf(slice).map((address) => ({ ...address, port }));
}

function addressesOf(slice: EndpointSlice): { readonly ip: string; readonly hostname?: string }[] {
  return (slice.endpoints ?? [])
    .filter(isServing)
    .flatMap(({ addresses, hostname }) =>
      addresses.slice(0, 1).map((ip) => ({ ip, ...(hostname === undefined || hostname === '' ? {} : { hostname }) })),
    );
}

/** An unknown readiness counts as ready, as the API says. */
function isServing({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
