/** What all conditions in status share; kinds add lastUpdateTime, lastProbeTime or observedGeneration. */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export function findCondition<T extends ConditionLike>(conditions: readonly T[] | undefined, type: string): T | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there and `True`. */
export function isConditionTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with `next` in the place of the one of its type. The time of transition moves only when the status does; the others
 * keep their place. The result is a new list, for what comes from the API is frozen.
 */
export function withCondition<T extends ConditionLike>(conditions: readonly T[] | undefined, next: T, nowIso: string): T[] {
  const list = conditions ?? [];
  const previous = findCondition(list, next.type);
  const lastTransitionTime = previous?.status === next.status ? (previous.lastTransitionTime ?? nowIso) : nowIso;
  const condition = { ...next, lastTransitionTime };
  return previous === undefined ? [...list, condition] : list.map((old) => (old.type === next.type ? condition : old));
}

export function withoutCondition<T extends ConditionLike>(conditions: readonly T[] | undefined, type: string): T[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
