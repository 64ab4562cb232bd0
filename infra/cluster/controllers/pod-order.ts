import type { Pod } from '../meta/generated/types.ts';
import { isPodReady } from '../meta/pod-status.ts';
import { parseTime } from '../client/wire-time.ts';

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Sorts pods by who is to go first when there are too many, after Kubernetes' ActivePodsWithRanks: unscheduled before scheduled, pending
 * before running, unready before ready, cheaper before dearer, crowded nodes before others, shorter ready, more often restarted, younger.
 * `crowding` says how many related pods share a pod's node.
 */
export function byDeletionOrder(crowding: (pod: Pod) => number): (a: Pod, b: Pod) => number {
  const keys: ((pod: Pod) => number)[] = [
    (pod) => (isAssigned(pod) ? 1 : 0),
    (pod) => phaseRank[pod.status?.phase ?? ''] ?? 1,
    (pod) => (isPodReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -crowding(pod),
    (pod) => -readySinceMs(pod),
    (pod) => -restarts(pod),
    (pod) => -(parseTime(pod.metadata.creationTimestamp) ?? 0),
  ];
  return (a, b) => {
    for (const keyOf of keys) {
      const difference = keyOf(a) - keyOf(b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

function isAssigned(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== '';
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function readySinceMs(pod: Pod): number {
  if (!isPodReady(pod)) return 0;
  return parseTime(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime) ?? 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
