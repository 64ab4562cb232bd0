import type { Pod } from '../meta/generated/types.ts';
import { filterNode, type Refusal } from './filter-node.ts';
import type { ClusterView, NodeView } from './node-view.ts';
import { planPreemption, type Preemption } from './plan-preemption.ts';
import { bestNode } from './score-node.ts';

export type ScheduleDecision =
  | { readonly kind: 'bind'; readonly nodeName: string }
  | { readonly kind: 'unschedulable'; readonly message: string; readonly preemption?: Preemption };

/** Finds the node for a pod, or says in the scheduler's words why there is none and whom to preempt for it. Pure. */
export function planSchedule(pod: Pod, view: ClusterView): ScheduleDecision {
  if (view.nodes.length === 0) return { kind: 'unschedulable', message: 'no nodes available to schedule pods' };
  const refusals = new Map<NodeView, Refusal>();
  const candidates = view.nodes.filter((place) => {
    const refusal = filterNode(pod, place, view);
    if (refusal !== undefined) refusals.set(place, refusal);
    return refusal === undefined;
  });
  const best = bestNode(pod, candidates, view);
  if (best !== undefined) return { kind: 'bind', nodeName: best.node.metadata.name };
  return explain(pod, view, refusals);
}

function explain(pod: Pod, view: ClusterView, refusals: ReadonlyMap<NodeView, Refusal>): ScheduleDecision {
  const total = view.nodes.length;
  const head = `0/${total} nodes are available: ${countReasons([...refusals.values()].flatMap(({ reasons }) => reasons))}.`;
  if (pod.spec?.preemptionPolicy === 'Never') {
    return {
      kind: 'unschedulable',
      message: `${head} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`,
    };
  }
  const preemption = planPreemption(
    pod,
    view,
    [...refusals].filter(([, { isResolvable }]) => isResolvable).map(([place]) => place),
  );
  if (preemption !== undefined) return { kind: 'unschedulable', message: head, preemption };
  const why = [...refusals.values()].map(({ isResolvable }) =>
    isResolvable ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
  );
  const tail = `no new claims to deallocate, preemption: 0/${total} nodes are available: ${countReasons(why)}.`;
  return { kind: 'unschedulable', message: `${head} ${tail}` };
}

/** `1 Insufficient cpu, 2 node(s) were unschedulable`: counted, and sorted as texts. */
function countReasons(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
