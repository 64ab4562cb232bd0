import { isDeepStrictEqual } from 'node:util';
import { isNamespaceTerminating, isNotFound } from '../client/api-errors.ts';
import type { ObjectKey } from '../client/object-key.ts';
import { resources } from '../client/resources.ts';
import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset, Service } from '../meta/generated/types.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';
import { managedByLabel, serviceNameLabel } from './endpoint-slice-plan.ts';
import { hasSelector } from './service-endpoints.ts';

const MIRROR_MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

/** Makes EndpointSlices of Endpoints that people write by hand for a Service without a selector, because only slices are routed. */
export function startEndpointMirroringController(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const services = informers.informer<Service>(resources.services);
  const endpoints = informers.informer<Endpoints>(resources.endpoints);
  const slices = informers.informer<EndpointSlice>(resources.endpointSlices);
  slices.addIndex('service', ({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.labels?.[serviceNameLabel] ?? ''}`]);

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const held = slices.byIndex('service', key).filter(({ metadata }) => metadata.labels?.[managedByLabel] === MIRROR_MANAGER);
    const wanted = wantedSlices(services.get(key), endpoints.get(key));
    const unmatched = [...held];
    const missing: EndpointSlice[] = [];
    for (const slice of wanted) {
      const at = unmatched.findIndex((other) => isDeepStrictEqual([other.ports, other.endpoints], [slice.ports, slice.endpoints]));
      if (at < 0) missing.push(slice);
      else unmatched.splice(at, 1);
    }
    try {
      for (const slice of missing) {
        const reused = unmatched.shift();
        if (reused === undefined) await api.create<EndpointSlice>(resources.endpointSlices, slice);
        else await api.update<EndpointSlice>(resources.endpointSlices, { ...slice, metadata: { ...reused.metadata, ...labelsOf(slice) } });
      }
      for (const { metadata } of unmatched) await api.delete(resources.endpointSlices, metadata.name, metadata.namespace);
    } catch (error) {
      if (!isNamespaceTerminating(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  }

  return startLoop(context, {
    name: 'endpoint-mirroring',
    waitFor: [awaitable(services), awaitable(endpoints), awaitable(slices)],
    watch: (queue) => [onSelf(services, queue), onSelf(endpoints, queue)],
    reconcile,
  });
}

function wantedSlices(service: Service | undefined, endpoints: Endpoints | undefined): EndpointSlice[] {
  if (service === undefined || endpoints === undefined || hasSelector(service) || service.spec?.type === 'ExternalName') return [];
  const { labels, annotations } = endpoints.metadata;
  if (labels?.[SKIP_LABEL] === 'true' || annotations?.[LEADER_ANNOTATION] !== undefined) return [];
  return (endpoints.subsets ?? []).map((subset) => sliceOf(endpoints, subset));
}

function sliceOf(endpoints: Endpoints, { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): EndpointSlice {
  const { name, namespace, uid = '', labels } = endpoints.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: MIRROR_MANAGER },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints: [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ],
    ports: ports.map(({ name: portName = '', port, protocol = 'TCP', ...more }) => ({ name: portName, port, protocol, ...more })),
  };
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

function labelsOf({ metadata: { labels } }: EndpointSlice): { labels?: Record<string, string> } {
  return labels === undefined ? {} : { labels };
}
