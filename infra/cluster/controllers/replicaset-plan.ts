import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../meta/generated/types.ts';
import { findCondition, withCondition, withoutCondition } from '../meta/condition.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { byDeletionOrder } from './pod-order.ts';

/** Kubernetes makes or deletes at most so many pods of one ReplicaSet in one turn. */
const BURST = 500;

export type ReplicaPlan =
  | { readonly kind: 'create'; readonly count: number }
  | { readonly kind: 'delete'; readonly pods: readonly Pod[] }
  | { readonly kind: 'none' };

/** How a ReplicaSet's pods are brought to its number. `related` are all pods of its owner's, by which crowded nodes are told. */
export function planReplicas(replicaSet: ReplicaSet, active: readonly Pod[], related: readonly Pod[]): ReplicaPlan {
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing > 0) return { kind: 'create', count: Math.min(missing, BURST) };
  if (missing === 0) return { kind: 'none' };
  const crowding = (pod: Pod): number =>
    related.filter((other) => isPodActive(other) && other.spec?.nodeName === pod.spec?.nodeName).length;
  const ordered = [...active].sort(byDeletionOrder(crowding));
  return { kind: 'delete', pods: ordered.slice(0, Math.min(-missing, BURST)) };
}

/** What the last turn could not do. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

export function replicaSetStatus(
  replicaSet: ReplicaSet,
  owned: readonly Pod[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
  nowIso: string,
): ReplicaSetStatus {
  const { minReadySeconds = 0, template } = replicaSet.spec ?? {};
  const active = owned.filter(isPodActive);
  const templateLabels = Object.entries(template?.metadata?.labels ?? {});
  const isFullyLabeled = (pod: Pod): boolean => templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value);
  const held = replicaSet.status?.conditions ?? [];
  const conditions = failureConditions(held, failure, nowIso);
  const { generation } = replicaSet.metadata;
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(isFullyLabeled).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: owned.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)).length,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** The first failure's words stay while it lasts: each try would word it anew, and every write would be a reason to try again. */
function failureConditions(
  held: readonly ReplicaSetCondition[],
  failure: ReplicaFailure | undefined,
  nowIso: string,
): ReplicaSetCondition[] {
  if (failure === undefined) return withoutCondition(held, 'ReplicaFailure');
  if (findCondition(held, 'ReplicaFailure') !== undefined) return [...held];
  return withCondition(held, { type: 'ReplicaFailure', status: 'True', ...failure }, nowIso);
}
