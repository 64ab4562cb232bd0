import type { PodDns } from '../runtime.ts';
import { clusterDomain } from './zone.ts';

/** What resolvers read of a file; the kubelet leaves out the rest. */
const MAX_NAMESERVERS = 3;

const clusterFirst: PodDns = { usesCluster: true, nameservers: [], searches: [], options: [] };

/**
 * A pod's resolver as the kubelet writes it. A pod that is not to ask the cluster gets what it names itself and no more: a virtual node has no
 * resolver of its own to pass on. `options` are the runtime's, which those of the pod replace by name.
 */
export function planResolvConf(namespace: string, nameServer: string, options: readonly string[] = [], dns: PodDns = clusterFirst): string {
  const own = dns.usesCluster ? [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain] : [];
  const searches = [...new Set([...own, ...dns.searches])];
  const nameservers = [...new Set([...(dns.usesCluster ? [nameServer] : []), ...dns.nameservers])].slice(0, MAX_NAMESERVERS);
  const lines = [
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...nameservers.map((address) => `nameserver ${address}`),
    `options ${mergeOptions([...(dns.usesCluster ? ['ndots:5'] : []), ...options], dns.options).join(' ')}`.trimEnd(),
  ];
  return `${lines.join('\n')}\n`;
}

function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>();
  for (const option of [...base, ...own]) merged.set(option.split(':', 1)[0] ?? option, option);
  return [...merged.values()];
}

/** Where Kubernetes has its DNS Service: the tenth address of the Services' range. */
export function dnsServiceIp(serviceCidr: string): string {
  const [base = ''] = serviceCidr.split('/');
  const bytes = base.split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 10].join('.');
}
