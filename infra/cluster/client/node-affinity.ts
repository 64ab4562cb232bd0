import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../meta/generated/types.ts';
import { matchesLabels, selectorOfLabels } from '../meta/selectors.ts';

/** Whether a node has what a pod's nodeSelector and its required node affinity ask for. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  if (!matchesLabels(selectorOfLabels(pod.spec?.nodeSelector), node.metadata.labels)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Terms are alternatives; none at all match nothing.
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** An empty term matches no node. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const { labels = {}, name } = node.metadata;
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, labels)) &&
    matchFields.every((requirement) => matchesRequirement(requirement, { 'metadata.name': name }))
  );
}

function matchesRequirement({ key, operator, values = [] }: NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
