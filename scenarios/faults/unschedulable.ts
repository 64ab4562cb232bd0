import type { Pod } from '../../infra/cluster/meta/generated/types.ts';

/** What the scheduler says of a pod that fits nowhere; undefined for one that has a node or was not looked at yet. */
export function whyUnschedulable(pod: Pod): string | undefined {
  const condition = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return condition?.reason === 'Unschedulable' ? (condition.message ?? '') : undefined;
}
