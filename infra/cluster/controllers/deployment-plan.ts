import type { Deployment, ReplicaSet } from '../meta/generated/types.ts';
import { desiredReplicasOf, maxReplicasOf } from './deployment-annotations.ts';

/** A ReplicaSet's new number. */
export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly to: number;
}

export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec?.replicas ?? 1;
}

export function sumReplicas(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, each) => sum + replicasOf(each), 0);
}

function sumStatus(replicaSets: readonly ReplicaSet[], field: 'replicas' | 'availableReplicas'): number {
  return replicaSets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);
}

/** A number or a percentage of `total`; percentages that do not come out even are rounded as asked. */
export function scaledValue(value: string | number | undefined, fallback: string, total: number, rounding: 'up' | 'down'): number {
  const given = value ?? fallback;
  if (typeof given === 'number') return given;
  const percent = /^(\d+)%$/.exec(given)?.[1];
  if (percent === undefined) return Number(given);
  const exact = (Number(percent) * total) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

/** How far a rolling update may go above and below: surge rounds up, unavailable rounds down, and both zero means one unavailable. */
export function rollingLimits(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { type, rollingUpdate } = deployment.spec?.strategy ?? {};
  const replicas = replicasOf(deployment);
  if (type === 'Recreate' || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = scaledValue(rollingUpdate?.maxSurge, '25%', replicas, 'up');
  const maxUnavailable = scaledValue(rollingUpdate?.maxUnavailable, '25%', replicas, 'down');
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

/** With how many replicas the new ReplicaSet begins, or goes on. `all` includes it where it exists. */
export function newReplicaCount(deployment: Deployment, all: readonly ReplicaSet[], present: number): number {
  const wanted = replicasOf(deployment);
  if (deployment.spec?.strategy?.type === 'Recreate') return wanted;
  const maxTotal = wanted + rollingLimits(deployment).maxSurge;
  const total = sumReplicas(all);
  if (total >= maxTotal) return present;
  return present + Math.min(maxTotal - total, wanted - present);
}

/** One step of a rolling update: up with the new where there is room, else down with the old as availability allows. */
export function planRolling(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  const up = planNewReplicaSet(deployment, newReplicaSet, old);
  return up.length > 0 ? up : planOldReplicaSets(deployment, newReplicaSet, old);
}

function planNewReplicaSet(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  const present = replicasOf(newReplicaSet);
  const wanted = replicasOf(deployment);
  if (present === wanted) return [];
  const to = present > wanted ? wanted : newReplicaCount(deployment, [newReplicaSet, ...old], present);
  return to === present ? [] : [{ replicaSet: newReplicaSet, to }];
}

function planOldReplicaSets(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  const oldActive = old.filter((each) => replicasOf(each) > 0);
  if (oldActive.length === 0) return [];
  const minAvailable = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newReplicaSet) - (newReplicaSet.status?.availableReplicas ?? 0);
  const maxScaledDown = sumReplicas([newReplicaSet, ...old]) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return [];
  const targets = new Map<ReplicaSet, number>(oldActive.map((each) => [each, replicasOf(each)]));
  cleanUpUnhealthy(oldActive, targets, maxScaledDown);
  scaleDownOld(deployment, [newReplicaSet, ...old], oldActive, targets);
  return [...targets].filter(([each, to]) => to !== replicasOf(each)).map(([replicaSet, to]) => ({ replicaSet, to }));
}

/** Old pods that are not available are worth nothing and go first. */
function cleanUpUnhealthy(old: readonly ReplicaSet[], targets: Map<ReplicaSet, number>, maxCount: number): void {
  let left = maxCount;
  for (const each of byCreation(old)) {
    const unhealthy = replicasOf(each) - (each.status?.availableReplicas ?? 0);
    const count = Math.min(left, unhealthy);
    if (count <= 0) continue;
    targets.set(each, (targets.get(each) ?? 0) - count);
    left -= count;
  }
}

function scaleDownOld(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  old: readonly ReplicaSet[],
  targets: Map<ReplicaSet, number>,
): void {
  const minAvailable = replicasOf(deployment) - rollingLimits(deployment).maxUnavailable;
  let left = sumStatus(all, 'availableReplicas') - minAvailable;
  for (const each of byCreation(old)) {
    const held = targets.get(each) ?? 0;
    const count = Math.min(left, held);
    if (count <= 0) continue;
    targets.set(each, held - count);
    left -= count;
  }
}

/** Recreate: everything old goes first; the new begins when nothing old runs any more. */
export function planRecreate(
  deployment: Deployment,
  newReplicaSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  doOldPodsRun: boolean,
): readonly Scaling[] {
  const down = old.filter((each) => replicasOf(each) > 0).map((replicaSet) => ({ replicaSet, to: 0 }));
  if (down.length > 0 || doOldPodsRun || newReplicaSet === undefined) return down;
  return replicasOf(newReplicaSet) === replicasOf(deployment) ? [] : [{ replicaSet: newReplicaSet, to: replicasOf(deployment) }];
}

/** Whether somebody scaled the Deployment since its ReplicaSets were last sized. */
export function isScaling(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((each) => {
    const desired = replicasOf(each) > 0 ? desiredReplicasOf(each) : undefined;
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** Sizes the ReplicaSets to a scaled Deployment, in the middle of a rollout in proportion to what each has. */
export function planScaling(deployment: Deployment, newReplicaSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Scaling[] {
  const wanted = replicasOf(deployment);
  const all = newReplicaSet === undefined ? old : [...old, newReplicaSet];
  const active = all.filter((each) => replicasOf(each) > 0);
  const only = active.length === 0 ? (newReplicaSet ?? byRevisionDescending(old)[0]) : active.length === 1 ? active[0] : undefined;
  if (only !== undefined) return replicasOf(only) === wanted ? [] : [{ replicaSet: only, to: wanted }];
  if (newReplicaSet !== undefined && isSaturated(deployment, newReplicaSet)) {
    return old.filter((each) => replicasOf(each) > 0).map((replicaSet) => ({ replicaSet, to: 0 }));
  }
  if (deployment.spec?.strategy?.type === 'Recreate') return [];
  return planProportional(deployment, active);
}

export function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const wanted = replicasOf(deployment);
  return replicasOf(replicaSet) === wanted && desiredReplicasOf(replicaSet) === wanted && replicaSet.status?.availableReplicas === wanted;
}

function planProportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Scaling[] {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + rollingLimits(deployment).maxSurge : 0;
  const total = sumReplicas(active);
  const toAdd = allowed - total;
  const sorted = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? creation(b) - creation(a) : creation(a) - creation(b)),
  );
  let added = 0;
  const targets = sorted.map((replicaSet) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, to: replicasOf(replicaSet) + share };
  });
  const [largest] = targets;
  // What rounding left over goes to the largest.
  if (largest !== undefined) targets[0] = { ...largest, to: Math.max(0, largest.to + toAdd - added) };
  return targets;
}

function proportion(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  const allowed = toAdd - added;
  const max = replicasOf(deployment) + rollingLimits(deployment).maxSurge;
  const share = replicaFraction(replicaSet, deployment, max);
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed);
}

function replicaFraction(replicaSet: ReplicaSet, deployment: Deployment, max: number): number {
  const present = replicasOf(replicaSet);
  if (replicasOf(deployment) === 0) return -present;
  const annotated = maxReplicasOf(replicaSet) ?? deployment.status?.replicas ?? max;
  return Math.round((present * max) / (annotated === 0 ? max : annotated)) - present;
}

/** ReplicaSets past the history limit that nothing needs any more, oldest revision first. */
export function planCleanup(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return byRevisionDescending(alive)
    .reverse()
    .slice(0, surplus)
    .filter(({ metadata, spec, status }) => {
      const isIdle = (status?.replicas ?? 0) === 0 && (spec?.replicas ?? 1) === 0;
      return isIdle && (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0) && metadata.deletionTimestamp === undefined;
    });
}

export function byCreation(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort((a, b) => creation(a) - creation(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

function byRevisionDescending(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  const revision = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return [...replicaSets].sort((a, b) => revision(b) - revision(a) || creation(b) - creation(a));
}

function creation({ metadata }: ReplicaSet): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
