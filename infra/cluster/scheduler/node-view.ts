import type { Node, Pod } from '../meta/generated/types.ts';
import { podResourceAmounts } from '../meta/pod-status.ts';
import { parseQuantity } from '../meta/quantity.ts';

/** A node with what runs on it, as one scheduling decision sees it. Amounts are billionths, exact. */
export interface NodeView {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly allocatable: ReadonlyMap<string, bigint>;
  readonly requested: ReadonlyMap<string, bigint>;
}

/** The whole cluster as one decision sees it. */
export interface ClusterView {
  readonly nodes: readonly NodeView[];
  /** Labels by namespace, for affinity terms with a namespace selector. */
  readonly namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What the pod's volumes have against a node, if anything. */
  readonly volumeFault?: (node: Node) => string | undefined;
}

export function nodeView(node: Node, pods: readonly Pod[]): NodeView {
  const allocatable = new Map(Object.entries(node.status?.allocatable ?? {}).map(([name, text]) => [name, parseQuantity(text).nano]));
  const requested = new Map<string, bigint>();
  for (const pod of pods) for (const [name, amount] of requestsOf(pod)) requested.set(name, (requested.get(name) ?? 0n) + amount);
  return { node, pods, allocatable, requested };
}

/** The same node without some of its pods, as if they had been preempted. */
export function withoutPods(view: NodeView, gone: ReadonlySet<Pod>): NodeView {
  return nodeView(
    view.node,
    view.pods.filter((pod) => !gone.has(pod)),
  );
}

export function requestsOf(pod: Pod): readonly (readonly [string, bigint])[] {
  if (pod.spec === undefined) return [];
  return Object.entries(podResourceAmounts(pod.spec, 'requests')).map(([name, { nano }]) => [name, nano] as const);
}
