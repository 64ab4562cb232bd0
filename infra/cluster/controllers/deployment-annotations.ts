import type { Deployment, ReplicaSet } from '../meta/generated/types.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that its ReplicaSets do not take over. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

export function revisionOf(replicaSet: Pick<ReplicaSet, 'metadata'>): number {
  const revision = Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...replicaSets.map(revisionOf));
}

/** The annotations of a ReplicaSet that is, or again is, a Deployment's newest. An older revision of its own goes to its history. */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  replicaSet: Pick<ReplicaSet, 'metadata'>,
  revision: number,
): Record<string, string> {
  const held = replicaSet.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name));
  const annotations: Record<string, string> = { ...held, ...Object.fromEntries(copied) };
  const before = revisionOf(replicaSet);
  if (before >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before > 0) {
    const history = held[revisionHistoryAnnotation];
    annotations[revisionHistoryAnnotation] = history === undefined || history === '' ? String(before) : `${history},${before}`;
  }
  return annotations;
}

/** What a ReplicaSet notes of its Deployment's size, by which a later scaling is told from a rollout. */
export function replicasAnnotations(desired: number, max: number): Record<string, string> {
  return { [desiredReplicasAnnotation]: String(desired), [maxReplicasAnnotation]: String(max) };
}

export function desiredReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return wholeNumber(replicaSet.metadata.annotations?.[desiredReplicasAnnotation]);
}

export function maxReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return wholeNumber(replicaSet.metadata.annotations?.[maxReplicasAnnotation]);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
