import type { Pod } from '../meta/generated/types.ts';
import { filterNode } from './filter-node.ts';
import { withoutPods, type ClusterView, type NodeView } from './node-view.ts';

export interface Preemption {
  readonly nodeName: string;
  readonly victims: readonly Pod[];
}

/**
 * The node on which the least has to go for the pod: the lowest highest victim, then the fewest. On each node all pods of lower priority
 * are taken away in thought and then given back, the most important first, as long as the pod still fits.
 */
export function planPreemption(pod: Pod, view: ClusterView, places: readonly NodeView[]): Preemption | undefined {
  const options = places.flatMap((place) => {
    const victims = victimsOn(pod, place, view);
    return victims === undefined || victims.length === 0 ? [] : [{ nodeName: place.node.metadata.name, victims }];
  });
  options.sort(
    (a, b) => highest(a.victims) - highest(b.victims) || a.victims.length - b.victims.length || (a.nodeName < b.nodeName ? -1 : 1),
  );
  return options[0];
}

function victimsOn(pod: Pod, place: NodeView, view: ClusterView): readonly Pod[] | undefined {
  const lower = place.pods.filter((other) => priorityOf(other) < priorityOf(pod) && other.metadata.deletionTimestamp === undefined);
  const victims = new Set(lower);
  if (!fits(pod, place, view, victims)) return undefined;
  for (const candidate of [...lower].sort((a, b) => priorityOf(b) - priorityOf(a))) {
    victims.delete(candidate);
    if (!fits(pod, place, view, victims)) victims.add(candidate);
  }
  return [...victims];
}

function fits(pod: Pod, place: NodeView, view: ClusterView, gone: ReadonlySet<Pod>): boolean {
  const without = withoutPods(place, gone);
  const nodes = view.nodes.map((node) => (node === place ? without : node));
  return filterNode(pod, without, { ...view, nodes }) === undefined;
}

function priorityOf(pod: Pod): number {
  return pod.spec?.priority ?? 0;
}

function highest(pods: readonly Pod[]): number {
  return Math.max(...pods.map(priorityOf));
}
