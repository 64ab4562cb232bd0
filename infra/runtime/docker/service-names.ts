import { clusterDomain } from '../dns/zone.ts';
import type { PodDns, ServiceRoute } from '../runtime.ts';

/** Names that belong to the pod itself, kept in a label so that an adopted pod has them again. */
export interface PodNames {
  readonly hostname: string;
  readonly searchNamespace: string;
  readonly dns?: PodDns | undefined;
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}

/** The hosts file of one pod. */
export function planHosts(pod: PodNames & { readonly ip: string }, services: readonly ServiceRoute[]): string {
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${pod.ip}\t${pod.hostname}`,
    ...pod.hostAliases.map(({ ip, hostnames }) => `${ip}\t${hostnames.join(' ')}`),
    ...services.flatMap((service) => serviceLines(service, pod.searchNamespace)),
  ];
  return `${lines.join('\n')}\n`;
}

function serviceLines(service: ServiceRoute, searchNamespace: string): readonly string[] {
  const names = namesOf(`${service.name}.${service.namespace}`, service.namespace === searchNamespace ? service.name : undefined);
  if (service.clusterIp !== 'None') return service.clusterIp === '' ? [] : [`${service.clusterIp}\t${names.join(' ')}`];
  return headlessLines(service, names, searchNamespace);
}

/** A headless Service's name stands for all its endpoints, and each endpoint with a host name has a name of its own below it. */
function headlessLines(service: ServiceRoute, names: readonly string[], searchNamespace: string): readonly string[] {
  const hostnames = new Map<string, string | undefined>();
  for (const { ip, hostname } of service.ports.flatMap((port) => port.endpoints)) hostnames.set(ip, hostname ?? hostnames.get(ip));
  return [...hostnames].map(([ip, hostname]) => {
    if (hostname === undefined) return `${ip}\t${names.join(' ')}`;
    const short = service.namespace === searchNamespace ? `${hostname}.${service.name}` : undefined;
    return `${ip}\t${[...names, ...namesOf(`${hostname}.${service.name}.${service.namespace}`, short)].join(' ')}`;
  });
}

/** What Kubernetes' search path (`<ns>.svc.cluster.local svc.cluster.local cluster.local`) makes resolve. */
function namesOf(qualified: string, short: string | undefined): readonly string[] {
  const names = [`${qualified}.svc.${clusterDomain}`, `${qualified}.svc`, qualified];
  return short === undefined ? names : [...names, short];
}
