import type { Pod } from '../meta/generated/types.ts';
import { containerPorts } from './host-ports.ts';
import { matchesNodeAffinity } from '../client/node-affinity.ts';
import { requestsOf, type ClusterView, type NodeView } from './node-view.ts';
import { affinityFault, type AffinityFault } from './pod-affinity.ts';
import { isTolerated, toleratesScheduling } from '../client/taints.ts';
import { spreadFault } from './topology-spread.ts';

/** Why a node cannot take a pod, in the scheduler's words; `isResolvable` means that preempting pods might help. */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly isResolvable: boolean;
}

type Filter = (pod: Pod, place: NodeView, view: ClusterView) => Refusal | undefined;

const unresolvable = (...reasons: string[]): Refusal => ({ reasons, isResolvable: false });
const resolvable = (...reasons: string[]): Refusal => ({ reasons, isResolvable: true });

const unschedulable: Filter = (pod, { node }) => {
  if (node.spec?.unschedulable !== true || isTolerated(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }))
    return undefined;
  return unresolvable('node(s) were unschedulable');
};

const taints: Filter = (pod, { node }) =>
  toleratesScheduling(pod, node.spec?.taints ?? []) ? undefined : unresolvable('node(s) had untolerated taint(s)');

const nodeAffinity: Filter = (pod, { node }) =>
  matchesNodeAffinity(pod, node) ? undefined : unresolvable("node(s) didn't match Pod's node affinity/selector");

const ports: Filter = (pod, { pods }) => {
  const wanted = containerPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = new Set(pods.flatMap(containerPorts));
  return wanted.some((port) => taken.has(port)) ? resolvable("node(s) didn't have free ports for the requested pod ports") : undefined;
};

const resources: Filter = (pod, { allocatable, requested, pods }) => {
  const reasons: string[] = [];
  let isResolvable = true;
  const maxPods = (allocatable.get('pods') ?? 0n) / 1_000_000_000n;
  if (BigInt(pods.length) + 1n > maxPods) reasons.push('Too many pods');
  for (const [name, amount] of requestsOf(pod)) {
    const has = allocatable.get(name) ?? 0n;
    if (amount === 0n || amount <= has - (requested.get(name) ?? 0n)) continue;
    reasons.push(`Insufficient ${name}`);
    // More than the node has at all: no preemption makes room for it.
    if (amount > has) isResolvable = false;
  }
  return reasons.length === 0 ? undefined : { reasons, isResolvable };
};

const volumes: Filter = (_pod, { node }, { volumeFault }) => {
  const fault = volumeFault?.(node);
  return fault === undefined ? undefined : unresolvable(fault);
};

const topologySpread: Filter = (pod, place, view) => {
  const fault = spreadFault(pod, place, view);
  if (fault === 'missing-label') return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
  return fault === undefined ? undefined : resolvable("node(s) didn't match pod topology spread constraints");
};

const affinityWords: Readonly<Record<AffinityFault, Refusal>> = {
  affinity: unresolvable("node(s) didn't match pod affinity rules"),
  'anti-affinity': resolvable("node(s) didn't match pod anti-affinity rules"),
  'existing-anti-affinity': resolvable("node(s) didn't satisfy existing pods anti-affinity rules"),
};

const podAffinity: Filter = (pod, place, view) => {
  const fault = affinityFault(pod, place, view);
  return fault === undefined ? undefined : affinityWords[fault];
};

/** In Kubernetes' order; the first that refuses speaks for the node. */
const filters: readonly Filter[] = [unschedulable, taints, nodeAffinity, ports, resources, volumes, topologySpread, podAffinity];

export const filterNode: Filter = (pod, place, view) => {
  for (const filter of filters) {
    const refusal = filter(pod, place, view);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};
