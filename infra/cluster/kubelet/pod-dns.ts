import type { PodDns } from '../../runtime/runtime.ts';
import type { PodSpec } from '../meta/generated/types.ts';

/**
 * What a pod's `dnsPolicy` and `dnsConfig` ask of its resolver; nothing under the usual policy alone. `Default` means the node's own resolver,
 * and virtual nodes have none, so that only what `dnsConfig` names is left.
 */
export function planPodDns(spec: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'> | undefined): { readonly dns?: PodDns } {
  const { dnsPolicy = 'ClusterFirst', dnsConfig } = spec ?? {};
  const usesCluster = dnsPolicy === 'ClusterFirst' || dnsPolicy === 'ClusterFirstWithHostNet';
  if (usesCluster && dnsConfig === undefined) return {};
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const texts = options.map(({ name = '', value }) => (value === undefined || value === '' ? name : `${name}:${value}`));
  return { dns: { usesCluster, nameservers, searches, options: texts } };
}
