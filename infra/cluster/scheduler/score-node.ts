import type { Pod } from '../meta/generated/types.ts';
import { controllerOf } from '../meta/owner-reference.ts';
import { matchesTerm } from '../client/node-affinity.ts';
import { requestsOf, type ClusterView, type NodeView } from './node-view.ts';
import { matchesInDomain } from './pod-affinity.ts';
import { isTolerated } from '../client/taints.ts';
import { skewAt } from './topology-spread.ts';

type Score = (pod: Pod, place: NodeView, view: ClusterView) => number;

/** A pod that asks for nothing counts as asking for this when nodes are compared, as in Kubernetes: a tenth of a core and 200 MiB. */
const LEAST_REQUEST: Readonly<Record<string, bigint>> = { cpu: 100_000_000n, memory: 209_715_200_000_000_000n };
const MAX_SCORE = 100;

/** Share of cpu and memory that would stay free, 0 to 100. */
const leastAllocated: Score = (pod, place) => {
  const wanted = new Map(requestsOf(pod));
  const shares = Object.entries(LEAST_REQUEST).map(([name, least]) => {
    const has = place.allocatable.get(name) ?? 0n;
    const used = (place.requested.get(name) ?? 0n) + (wanted.get(name) ?? least);
    return has === 0n || used > has ? 0 : Number(((has - used) * BigInt(MAX_SCORE)) / has);
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

/** Fewer siblings of the same controller on the node are better. */
const spreadSiblings: Score = (pod, { pods }) => {
  const owner = controllerOf(pod)?.uid;
  return owner === undefined ? 0 : -pods.filter((other) => controllerOf(other)?.uid === owner).length;
};

const preferredSpread: Score = (pod, place, view) =>
  (pod.spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway')
    .reduce((sum, constraint) => sum - skewAt(constraint, pod, place, view), 0);

const preferredNodes: Score = (pod, { node }) =>
  (pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ preference }) => matchesTerm(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0);

const preferredPods: Score = (pod, place, view) => {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const far = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const sum = (terms: typeof near): number =>
    terms.reduce((total, { weight, podAffinityTerm }) => total + weight * matchesInDomain(podAffinityTerm, pod, place, view), 0);
  return sum(near) - sum(far);
};

const softTaints: Score = (pod, { node }) =>
  -(node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(pod, taint)).length;

/** With Kubernetes' weights. Each score is first brought to 0..100 over the nodes at hand. */
const scores: readonly { readonly score: Score; readonly weight: number; readonly isAbsolute?: boolean }[] = [
  { score: leastAllocated, weight: 1, isAbsolute: true },
  { score: spreadSiblings, weight: 2 },
  { score: preferredSpread, weight: 2 },
  { score: preferredNodes, weight: 2 },
  { score: preferredPods, weight: 2 },
  { score: softTaints, weight: 3 },
];

/** The best of the nodes that can take the pod; of equals the first by name, so that the same cluster decides the same. */
export function bestNode(pod: Pod, candidates: readonly NodeView[], view: ClusterView): NodeView | undefined {
  const totals = candidates.map(() => 0);
  for (const { score, weight, isAbsolute = false } of scores) {
    const raw = candidates.map((place) => score(pod, place, view));
    const low = Math.min(...raw);
    const span = Math.max(...raw) - low;
    for (const [index, value] of raw.entries()) {
      const normal = isAbsolute ? value : span === 0 ? 0 : ((value - low) * MAX_SCORE) / span;
      totals[index] = (totals[index] ?? 0) + normal * weight;
    }
  }
  const ranked = candidates.map((place, index) => ({ place, total: totals[index] ?? 0 }));
  ranked.sort((a, b) => b.total - a.total || (a.place.node.metadata.name < b.place.node.metadata.name ? -1 : 1));
  return ranked[0]?.place;
}
