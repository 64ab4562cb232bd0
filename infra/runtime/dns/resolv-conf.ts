import { clusterDomain } from './zone.ts';

/** A pod's resolver under the policy ClusterFirst, as the kubelet writes it. */
export function planResolvConf(namespace: string, nameServer: string, options: readonly string[] = []): string {
  const search = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return `search ${search.join(' ')}\nnameserver ${nameServer}\noptions ${['ndots:5', ...options].join(' ')}\n`;
}

/** Where Kubernetes has its DNS Service: the tenth address of the Services' range. */
export function dnsServiceIp(serviceCidr: string): string {
  const [base = ''] = serviceCidr.split('/');
  const bytes = base.split('.').map(Number);
  return [...bytes.slice(0, 3), (bytes[3] ?? 0) + 10].join('.');
}
