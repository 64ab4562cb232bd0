import type { AddressRange, PortRange, TrafficRule } from '../../runtime/runtime.ts';
import type { Namespace, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod } from '../meta/generated/types.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';

/** What the policies let one pod do; a direction that no policy isolates is absent. */
export interface PodPolicy {
  readonly ingress?: readonly TrafficRule[];
  readonly egress?: readonly TrafficRule[];
}

/** The objects that policies are about. */
export interface PolicyWorld {
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

/**
 * What all NetworkPolicies together say of each pod, by uid. Policies only ever add to each other; a pod that none selects has no
 * entry. Follows the API's documentation of networking.k8s.io/v1: absent `policyTypes` mean Ingress, and Egress too where the policy
 * has egress rules; absent or empty peers and ports mean all of them.
 */
export function planPolicy(world: PolicyWorld): ReadonlyMap<string, PodPolicy> {
  const planned = new Map<string, PodPolicy>();
  for (const pod of world.pods) {
    const selecting = world.policies.filter((policy) => isSelected(policy, pod));
    if (selecting.length === 0) continue;
    const ingress = selecting.filter((policy) => policyTypes(policy).includes('Ingress'));
    const egress = selecting.filter((policy) => policyTypes(policy).includes('Egress'));
    planned.set(pod.metadata.uid ?? '', {
      ...(ingress.length === 0 ? {} : { ingress: ingress.flatMap((policy) => ingressRules(policy, pod, world)) }),
      ...(egress.length === 0 ? {} : { egress: egress.flatMap((policy) => egressRules(policy, world)) }),
    });
  }
  return planned;
}

function isSelected(policy: NetworkPolicy, pod: Pod): boolean {
  return policy.metadata.namespace === pod.metadata.namespace && labelSelectorMatches(policy.spec?.podSelector ?? {}, pod.metadata.labels);
}

function policyTypes({ spec }: NetworkPolicy): readonly string[] {
  const types = spec?.policyTypes ?? [];
  if (types.length > 0) return types;
  return (spec?.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function ingressRules(policy: NetworkPolicy, pod: Pod, world: PolicyWorld): TrafficRule[] {
  return (policy.spec?.ingress ?? []).flatMap(({ from = [], ports = [] }) => {
    const open = portsOf(ports, pod);
    if (ports.length > 0 && open.length === 0) return [];
    return ruleFor(
      from.length === 0 ? undefined : from.flatMap((peer) => rangesOf(peer, policy, world)),
      ports.length === 0 ? undefined : open,
    );
  });
}

/** A port's name is looked up in each pod that may be talked to, so that a rule with names becomes one for each. */
function egressRules(policy: NetworkPolicy, world: PolicyWorld): TrafficRule[] {
  return (policy.spec?.egress ?? []).flatMap(({ to = [], ports = [] }) => {
    const numbered = ports.filter(({ port }) => typeof port !== 'string');
    const named = ports.filter(({ port }) => typeof port === 'string');
    const peers = to.length === 0 ? undefined : to.flatMap((peer) => rangesOf(peer, policy, world));
    const byNumber = ports.length > 0 && numbered.length === 0 ? [] : ruleFor(peers, ports.length === 0 ? undefined : portsOf(numbered));
    const targets =
      named.length === 0 ? [] : world.pods.filter((pod) => to.length === 0 || to.some((peer) => matchesPod(peer, policy, pod, world)));
    const byName = targets.flatMap((pod) => {
      const open = portsOf(named, pod);
      return open.length === 0 ? [] : ruleFor(addressesOf([pod]), open);
    });
    return [...byNumber, ...byName];
  });
}

/** A rule whose selectors find nobody lets nobody through, and is none. */
function ruleFor(peers: readonly AddressRange[] | undefined, ports: readonly PortRange[] | undefined): TrafficRule[] {
  if (peers?.length === 0) return [];
  return [{ ...(peers === undefined ? {} : { peers }), ...(ports === undefined ? {} : { ports }) }];
}

function portsOf(ports: readonly NetworkPolicyPort[], pod?: Pod): PortRange[] {
  return ports.flatMap(({ port, endPort, protocol = 'TCP' }): PortRange[] => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    if (port === undefined) return [{ protocol }];
    const numbers = typeof port === 'number' ? [port] : portsNamed(port, protocol, pod);
    return numbers.map((first) => ({ protocol, first, last: typeof port === 'number' ? (endPort ?? first) : first }));
  });
}

function portsNamed(name: string, protocol: string, pod: Pod | undefined): number[] {
  const spec = pod?.spec;
  // A sidecar is an init container and serves all the same.
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always')];
  return containers
    .flatMap((container) => container.ports ?? [])
    .filter((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)
    .map((port) => port.containerPort);
}

function rangesOf(peer: NetworkPolicyPeer, policy: NetworkPolicy, world: PolicyWorld): AddressRange[] {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock;
    // Pods have IPv4 addresses only.
    return cidr.includes(':') ? [] : [{ cidr, except }];
  }
  return addressesOf(world.pods.filter((pod) => matchesPod(peer, policy, pod, world)));
}

function addressesOf(pods: readonly Pod[]): AddressRange[] {
  return pods
    .flatMap(({ status }) => (status?.podIP === undefined || status.podIP === '' ? [] : [status.podIP]))
    .sort()
    .map((ip) => ({ cidr: `${ip}/32`, except: [] }));
}

/** Without a namespaceSelector a podSelector means the policy's own namespace; without a podSelector all pods of the namespaces. */
function matchesPod(peer: NetworkPolicyPeer, policy: NetworkPolicy, pod: Pod, { namespaces }: PolicyWorld): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock !== undefined || (namespaceSelector === undefined && podSelector === undefined)) return false;
  const { namespace, labels } = pod.metadata;
  const isInNamespace =
    namespaceSelector === undefined
      ? namespace === policy.metadata.namespace
      : labelSelectorMatches(namespaceSelector, namespaces.find((one) => one.metadata.name === namespace)?.metadata.labels);
  return isInNamespace && labelSelectorMatches(podSelector ?? {}, labels);
}
