import type { Pod, TopologySpreadConstraint } from '../meta/generated/types.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { matchesNodeAffinity } from '../client/node-affinity.ts';
import type { ClusterView, NodeView } from './node-view.ts';
import { topologyOf } from './pod-affinity.ts';

export type SpreadFault = 'missing-label' | 'skew';

/** What the pod's DoNotSchedule spread constraints have against a node. */
export function spreadFault(pod: Pod, place: NodeView, view: ClusterView): SpreadFault | undefined {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');
  if (constraints.some(({ topologyKey }) => topologyOf(place, topologyKey) === undefined)) return 'missing-label';
  return constraints.some((constraint) => skewAt(constraint, pod, place, view) > constraint.maxSkew) ? 'skew' : undefined;
}

/** How uneven the pods that the constraint means would be over its domains with this pod on this node. */
export function skewAt(constraint: TopologySpreadConstraint, pod: Pod, place: NodeView, view: ClusterView): number {
  const counts = countsByDomain(constraint, pod, view);
  const isSelf = labelSelectorMatches(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
  const here = counts.get(topologyOf(place, constraint.topologyKey) ?? '') ?? 0;
  const isTooFew = constraint.minDomains !== undefined && counts.size < constraint.minDomains;
  const least = isTooFew ? 0 : Math.min(...counts.values(), Infinity);
  return here + isSelf - (least === Infinity ? 0 : least);
}

/** Only nodes that the pod could go to by its node affinity count as domains, as the default policy says. */
function countsByDomain(
  { topologyKey, labelSelector, nodeAffinityPolicy }: TopologySpreadConstraint,
  pod: Pod,
  view: ClusterView,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of view.nodes) {
    const domain = topologyOf(node, topologyKey);
    if (domain === undefined || (nodeAffinityPolicy !== 'Ignore' && !matchesNodeAffinity(pod, node.node))) continue;
    const matching = node.pods.filter(
      (other) =>
        other.metadata.namespace === pod.metadata.namespace &&
        other.metadata.deletionTimestamp === undefined &&
        labelSelectorMatches(labelSelector, other.metadata.labels),
    );
    counts.set(domain, (counts.get(domain) ?? 0) + matching.length);
  }
  return counts;
}
