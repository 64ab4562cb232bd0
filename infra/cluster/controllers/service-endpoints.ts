import type { EndpointPort, Pod, Service, ServicePort } from '../meta/generated/types.ts';
import { isPodReady, isPodTerminal, isSidecar } from '../meta/pod-status.ts';
import { matchesLabels, selectorOfLabels } from '../meta/selectors.ts';

/** One pod as a Service sees it. */
export interface ServiceEndpoint {
  readonly ip: string;
  readonly pod: Pod;
  /** What the Service's ports are on this pod: a named target port may be another number on each. */
  readonly ports: readonly EndpointPort[];
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly hostname?: string;
}

/** Whether the controllers look after a Service's endpoints: without a selector somebody else does. */
export function hasSelector({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

export function selects(service: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  return hasSelector(service) && matchesLabels(selectorOfLabels(service.spec?.selector), labels);
}

/** The endpoints of a Service among the pods of its namespace: all with an address that have not ended, ready or not. */
export function serviceEndpoints(service: Service, pods: readonly Pod[]): readonly ServiceEndpoint[] {
  return pods.flatMap((pod): ServiceEndpoint[] => {
    const ip = pod.status?.podIP ?? '';
    if (ip === '' || isPodTerminal(pod) || !selects(service, pod.metadata.labels)) return [];
    const isTerminating = pod.metadata.deletionTimestamp !== undefined;
    const isServing = isPodReady(pod);
    const isReady = service.spec?.publishNotReadyAddresses === true || (isServing && !isTerminating);
    const { hostname, subdomain } = pod.spec ?? {};
    const isNamed = hostname !== undefined && hostname !== '' && subdomain === service.metadata.name;
    return [{ ip, pod, ports: endpointPorts(service, pod), isReady, isServing, isTerminating, ...(isNamed ? { hostname } : {}) }];
  });
}

/** A port whose name the pod does not know is left out: the pod does not serve it. */
function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap(({ name = '', protocol = 'TCP', appProtocol, ...port }): EndpointPort[] => {
    const number = targetPort(pod, { ...port, protocol });
    if (number === undefined) return [];
    return [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function targetPort({ spec }: Pod, { targetPort: target, port, protocol }: ServicePort): number | undefined {
  if (target === undefined || target === 0 || target === '') return port;
  if (typeof target === 'number') return target;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(isSidecar)];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return ports.find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol)?.containerPort;
}
