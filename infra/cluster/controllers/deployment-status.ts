import { findCondition, isConditionTrue } from '../meta/condition.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../meta/generated/types.ts';
import { parseTime } from '../client/wire-time.ts';
import { timeText } from '../meta/times.ts';
import { replicasOf, rollingLimits, sumReplicas } from './deployment-plan.ts';

/** Where a Deployment's rollout stands, in the words of its conditions. */
export const progress = {
  created: (name: string) => ({ reason: 'NewReplicaSetCreated', message: `Created new replica set "${name}"` }),
  found: (name: string) => ({ reason: 'FoundNewReplicaSet', message: `Found new replica set "${name}"` }),
  updated: (what: string) => ({ reason: 'ReplicaSetUpdated', message: `${what} is progressing.` }),
  available: (what: string) => ({ reason: 'NewReplicaSetAvailable', message: `${what} has successfully progressed.` }),
  timedOut: (what: string) => ({ reason: 'ProgressDeadlineExceeded', message: `${what} has timed out progressing.` }),
  paused: { reason: 'DeploymentPaused', message: 'Deployment is paused' },
  resumed: { reason: 'DeploymentResumed', message: 'Deployment is resumed' },
  createFailed: (message: string) => ({ reason: 'ReplicaSetCreateError', message }),
} as const;

/** Rollouts that have no deadline have this one, Kubernetes' largest number. */
const NO_DEADLINE_SECONDS = 2_147_483_647;

export interface DeploymentStatusInput {
  readonly deployment: Deployment;
  readonly newReplicaSet: ReplicaSet | undefined;
  readonly all: readonly ReplicaSet[];
  readonly conditions: readonly DeploymentCondition[];
  readonly collisionCount: number | undefined;
  readonly nowMs: number;
}

export function deploymentStatus({
  deployment,
  newReplicaSet,
  all,
  conditions,
  collisionCount,
  nowMs,
}: DeploymentStatusInput): DeploymentStatus {
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas', of = all): number =>
    of.reduce((total, { status }) => total + (status?.[field] ?? 0), 0);
  const available = sum('availableReplicas');
  const unavailable = Math.max(0, sumReplicas(all) - available);
  const minAvailable = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  const availability: DeploymentCondition =
    available >= minAvailable
      ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        };
  const { generation } = deployment.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas: sum('replicas'),
    updatedReplicas: newReplicaSet?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: available,
    ...(unavailable === 0 ? {} : { unavailableReplicas: unavailable }),
    terminatingReplicas: sum('terminatingReplicas'),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: putCondition(conditions, availability, nowMs),
  };
}

/**
 * Puts a condition: nothing changes when status and reason are the same; the time of transition moves only with the status. The
 * update time is what the progress deadline counts from.
 */
export function putCondition(conditions: readonly DeploymentCondition[], next: DeploymentCondition, nowMs: number): DeploymentCondition[] {
  const held = findCondition(conditions, next.type);
  if (held?.status === next.status && held.reason === next.reason) return [...conditions];
  const transition = held?.status === next.status ? held.lastTransitionTime : undefined;
  const condition = { ...next, lastUpdateTime: timeText(nowMs), lastTransitionTime: transition ?? timeText(nowMs) };
  return [...conditions.filter(({ type }) => type !== next.type), condition];
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE_SECONDS;
}

/** All replicas are of the new template, available, and nothing old is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {};
  const oldReplicas = (of: DeploymentStatus): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldReplicas(status) < oldReplicas(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** When the rollout's time is up; undefined where it has no deadline or is through. */
export function deadlineMs(deployment: Deployment): number | undefined {
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  const seconds = deployment.spec?.progressDeadlineSeconds;
  if (!hasDeadline(deployment) || seconds === undefined || condition === undefined || condition.reason === 'NewReplicaSetAvailable')
    return undefined;
  const sinceMs = parseTime(condition.lastUpdateTime);
  return sinceMs === undefined ? undefined : sinceMs + seconds * 1000;
}

function isTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const sinceMs = parseTime(condition.lastUpdateTime);
  const seconds = deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE_SECONDS;
  return sinceMs !== undefined && sinceMs + seconds * 1000 < nowMs;
}

/** The status with its Progressing and ReplicaFailure conditions brought up to date, after Kubernetes' syncRolloutStatus. */
export function rolloutStatus(input: DeploymentStatusInput): DeploymentStatus {
  const { deployment, newReplicaSet, all, nowMs } = input;
  const status = deploymentStatus(input);
  let conditions = hasDeadline(deployment)
    ? [...(status.conditions ?? [])]
    : (status.conditions ?? []).filter(({ type }) => type !== 'Progressing');
  const held = findCondition(deployment.status?.conditions, 'Progressing');
  const isThrough = status.replicas === status.updatedReplicas && held?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !isThrough) conditions = withProgress(input, status, conditions);
  const failure = failureOf(newReplicaSet === undefined ? all : [newReplicaSet, ...all]);
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  return { ...status, conditions: failure === undefined ? others : putCondition(conditions, failure, nowMs) };
}

function withProgress(
  { deployment, newReplicaSet, nowMs }: DeploymentStatusInput,
  status: DeploymentStatus,
  conditions: DeploymentCondition[],
): DeploymentCondition[] {
  const what = newReplicaSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newReplicaSet.metadata.name}"`;
  const put = (value: 'True' | 'False', words: { readonly reason: string; readonly message: string }): DeploymentCondition[] =>
    putCondition(conditions, { type: 'Progressing', status: value, ...words }, nowMs);
  if (isComplete(deployment, status)) return put('True', progress.available(what));
  if (isProgressing(deployment, status)) {
    const held = findCondition(conditions, 'Progressing');
    const next: DeploymentCondition = { type: 'Progressing', status: 'True', ...progress.updated(what), lastUpdateTime: timeText(nowMs) };
    const transition = held?.status === 'True' ? held.lastTransitionTime : undefined;
    // Put even where status and reason are the same: every bit of progress starts the deadline anew.
    return [...conditions.filter(({ type }) => type !== 'Progressing'), { ...next, lastTransitionTime: transition ?? timeText(nowMs) }];
  }
  return isTimedOut(deployment, status, nowMs) ? put('False', progress.timedOut(what)) : conditions;
}

/** A ReplicaSet that cannot make its pods makes its Deployment's failure. */
function failureOf(replicaSets: readonly ReplicaSet[]): DeploymentCondition | undefined {
  for (const { status } of replicaSets) {
    const condition = findCondition(status?.conditions, 'ReplicaFailure');
    if (condition === undefined || !isConditionTrue(status?.conditions, 'ReplicaFailure')) continue;
    const { reason = '', message = '' } = condition;
    return { type: 'ReplicaFailure', status: 'True', reason, message };
  }
  return undefined;
}
