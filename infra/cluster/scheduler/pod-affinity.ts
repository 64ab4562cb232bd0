import type { Pod, PodAffinityTerm } from '../meta/generated/types.ts';
import { labelSelectorMatches, matchesLabels, selectorOf } from '../meta/selectors.ts';
import type { ClusterView, NodeView } from './node-view.ts';

/** Whether `other` is meant by a term of `owner`'s. */
export function matchesAffinityTerm(term: PodAffinityTerm, owner: Pod, other: Pod, view: ClusterView): boolean {
  if (!labelSelectorMatches(term.labelSelector, other.metadata.labels)) return false;
  const namespace = other.metadata.namespace ?? '';
  const listed = term.namespaces ?? [];
  if (term.namespaceSelector !== undefined) {
    const selector = selectorOf(term.namespaceSelector) ?? [];
    return listed.includes(namespace) || matchesLabels(selector, view.namespaceLabels.get(namespace));
  }
  return listed.length === 0 ? namespace === (owner.metadata.namespace ?? '') : listed.includes(namespace);
}

export function topologyOf({ node }: NodeView, key: string): string | undefined {
  return node.metadata.labels?.[key];
}

/** How many pods that a term means run in the same domain as the node. */
export function matchesInDomain(term: PodAffinityTerm, owner: Pod, place: NodeView, view: ClusterView): number {
  const domain = topologyOf(place, term.topologyKey);
  if (domain === undefined) return 0;
  return view.nodes
    .filter((node) => topologyOf(node, term.topologyKey) === domain)
    .reduce((count, { pods }) => count + pods.filter((pod) => matchesAffinityTerm(term, owner, pod, view)).length, 0);
}

export type AffinityFault = 'affinity' | 'anti-affinity' | 'existing-anti-affinity';

/** What the required pod affinity rules, the pod's own and those of pods that run already, have against a node. */
export function affinityFault(pod: Pod, place: NodeView, view: ClusterView): AffinityFault | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const wanted = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (!wanted.every((term) => isAttracted(term, pod, place, view))) return 'affinity';
  const unwanted = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (unwanted.some((term) => matchesInDomain(term, pod, place, view) > 0)) return 'anti-affinity';
  return isRepelled(pod, place, view) ? 'existing-anti-affinity' : undefined;
}

/** The first pod of a group that wants to be together may go anywhere the key is known. */
function isAttracted(term: PodAffinityTerm, pod: Pod, place: NodeView, view: ClusterView): boolean {
  if (topologyOf(place, term.topologyKey) === undefined) return false;
  if (matchesInDomain(term, pod, place, view) > 0) return true;
  const isAnywhere = view.nodes.some(({ pods }) => pods.some((other) => matchesAffinityTerm(term, pod, other, view)));
  return !isAnywhere && matchesAffinityTerm(term, pod, pod, view);
}

function isRepelled(pod: Pod, place: NodeView, view: ClusterView): boolean {
  return view.nodes.some((node) =>
    node.pods.some((existing) =>
      (existing.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some((term) => {
        const domain = topologyOf(node, term.topologyKey);
        return domain !== undefined && domain === topologyOf(place, term.topologyKey) && matchesAffinityTerm(term, existing, pod, view);
      }),
    ),
  );
}
