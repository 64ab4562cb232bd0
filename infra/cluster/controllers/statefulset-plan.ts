import type { Pod, StatefulSet, StatefulSetStatus } from '../meta/generated/types.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { revisionHashLabel } from './controller-revisions.ts';

export interface StatefulRevisions {
  /** Names of ControllerRevisions. */
  readonly current: string;
  readonly update: string;
}

export type StatefulStep =
  { readonly kind: 'create'; readonly ordinal: number; readonly revision: string } | { readonly kind: 'delete'; readonly pod: Pod };

/** The number at the end of a pod's name, if it is one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const { name } = pod.metadata;
  const text = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * What a StatefulSet does next. In order (the default) it is one thing at a time: each pod is made or replaced only when all before it
 * run and are ready, what is too much goes from the highest down, and an update goes from the highest down too.
 */
export function planStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: StatefulRevisions,
  nowMs: number,
): readonly StatefulStep[] {
  const { replicas = 1, podManagementPolicy, ordinals, minReadySeconds = 0 } = set.spec ?? {};
  const isOrdered = podManagementPolicy !== 'Parallel';
  const start = ordinals?.start ?? 0;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const isHealthy = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && isPodAvailable(pod, minReadySeconds, nowMs);
  const steps: StatefulStep[] = [];
  let isBlocked = false;
  for (let ordinal = start; ordinal < start + replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ kind: 'create', ordinal, revision: revisionFor(set, pods, revisions, ordinal) });
    else if (isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined) steps.push({ kind: 'delete', pod });
    else if (isHealthy(pod)) continue;
    isBlocked = true;
    if (isOrdered) return steps;
  }
  const condemned = pods
    .filter((pod) => isCondemned(ordinalOf(set, pod), start, replicas))
    .sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0));
  for (const pod of condemned) {
    if (pod.metadata.deletionTimestamp === undefined) steps.push({ kind: 'delete', pod });
    isBlocked = true;
    if (isOrdered) return steps;
  }
  if (isBlocked || set.spec?.updateStrategy?.type === 'OnDelete') return steps;
  return [...steps, ...planUpdate(set, byOrdinal, revisions, isHealthy)];
}

function planUpdate(
  set: StatefulSet,
  byOrdinal: ReadonlyMap<number, Pod>,
  revisions: StatefulRevisions,
  isHealthy: (pod: Pod) => boolean,
): readonly StatefulStep[] {
  const { replicas = 1, ordinals, updateStrategy } = set.spec ?? {};
  const start = ordinals?.start ?? 0;
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let ordinal = start + replicas - 1; ordinal >= start + partition; ordinal -= 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    if (revisionOfPod(pod) !== revisions.update && pod.metadata.deletionTimestamp === undefined) return [{ kind: 'delete', pod }];
    if (!isHealthy(pod)) return [];
  }
  return [];
}

/** Below the partition a pod is made of the current revision; without one, those are that have not been updated yet. */
function revisionFor(set: StatefulSet, pods: readonly Pod[], revisions: StatefulRevisions, ordinal: number): string {
  const { updateStrategy, ordinals } = set.spec ?? {};
  if (updateStrategy?.type === 'OnDelete') return revisions.update;
  const start = ordinals?.start ?? 0;
  const partition = updateStrategy?.rollingUpdate?.partition;
  const isCurrent = partition === undefined ? ordinal < start + countOf(pods, revisions.current) : ordinal < start + partition;
  return isCurrent ? revisions.current : revisions.update;
}

export function statefulSetStatus(set: StatefulSet, pods: readonly Pod[], revisions: StatefulRevisions, nowMs: number): StatefulSetStatus {
  const { minReadySeconds = 0, replicas: wanted = 1, updateStrategy } = set.spec ?? {};
  const alive = pods.filter((pod) => !isPodTerminal(pod));
  const of = (revision: string): number => countOf(pods, revision);
  const readyReplicas = alive.filter(isPodReady).length;
  const updatedReplicas = of(revisions.update);
  const isUpdated =
    updateStrategy?.type !== 'OnDelete' && updatedReplicas === wanted && readyReplicas === wanted && alive.length === wanted;
  const { generation } = set.metadata;
  const { collisionCount = 0 } = set.status ?? {};
  const currentReplicas = isUpdated ? updatedReplicas : of(revisions.current);
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas: alive.length,
    ...(readyReplicas === 0 ? {} : { readyReplicas }),
    availableReplicas: alive.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    ...(currentReplicas === 0 ? {} : { currentReplicas }),
    ...(updatedReplicas === 0 ? {} : { updatedReplicas }),
    currentRevision: isUpdated ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount,
  };
}

function countOf(pods: readonly Pod[], revision: string): number {
  return pods.filter((pod) => !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined && revisionOfPod(pod) === revision)
    .length;
}

/** The name of the ControllerRevision that a pod was made of. */
export function revisionOfPod({ metadata }: Pod): string | undefined {
  return metadata.labels?.[revisionHashLabel];
}

function isCondemned(ordinal: number | undefined, start: number, replicas: number): boolean {
  return ordinal !== undefined && (ordinal < start || ordinal >= start + replicas);
}
