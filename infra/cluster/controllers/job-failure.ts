import type { Job, Pod, PodFailurePolicyRule } from '../meta/generated/types.ts';
import { failureCountKey, ignoredFailureCountKey, indexOf, type IndexFailures } from './job-pods.ts';

/** What a failed pod means to its Job. */
export type FailureVerdict =
  { readonly action: 'Count' | 'Ignore' | 'FailIndex' } | { readonly action: 'FailJob'; readonly message: string };

/** Judges a failed pod by the Job's podFailurePolicy: the first rule that matches decides, and without one the failure counts. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod);
    if (cause === undefined) continue;
    if (rule.action === 'FailJob') return { action: 'FailJob', message: `${cause} matching FailJob rule at index ${index}` };
    if (rule.action === 'FailIndex' && spec?.backoffLimitPerIndex === undefined) continue;
    return { action: rule.action === 'Ignore' || rule.action === 'FailIndex' ? rule.action : 'Count' };
  }
  return { action: 'Count' };
}

/** In Kubernetes' words, for the Job's condition. */
function causeOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, { metadata, status }: Pod): string | undefined {
  const where = `${metadata.namespace ?? ''}/${metadata.name}`;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    const ended = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(({ name, state }) => {
      const exitCode = state?.terminated?.exitCode ?? 0;
      if (exitCode === 0 || (containerName !== undefined && containerName !== name)) return false;
      return values.includes(exitCode) === (operator === 'In');
    });
    if (ended === undefined) return undefined;
    return `Container ${ended.name} for pod ${where} failed with exit code ${ended.state?.terminated?.exitCode ?? 0}`;
  }
  const found = (onPodConditions ?? []).find((pattern) =>
    (status?.conditions ?? []).some(
      (condition) => condition.type === pattern.type && condition.status === (pattern.status === undefined ? 'True' : pattern.status),
    ),
  );
  return found === undefined ? undefined : `Pod ${where} has condition ${found.type}`;
}

/** What the next pod of an index is told once this one has failed. */
export function failuresAfter(job: Job, pod: Pod): IndexFailures {
  const before = failuresOf(pod);
  return judgeFailure(job, pod).action === 'Ignore'
    ? { ...before, ignored: before.ignored + 1 }
    : { ...before, counted: before.counted + 1 };
}

export function failuresOf({ metadata }: Pod): IndexFailures {
  const read = (key: string): number => Number(metadata.annotations?.[key] ?? '0') || 0;
  return { counted: read(failureCountKey), ignored: read(ignoredFailureCountKey) };
}

/** Indexes that are lost for good: out of retries, or failed in a way that the policy does not forgive. */
export function lostIndexes(job: Job, failed: readonly Pod[]): ReadonlySet<number> {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined) return new Set();
  return new Set(
    failed.flatMap((pod) => {
      const index = indexOf(pod);
      if (index === undefined) return [];
      const isLost = judgeFailure(job, pod).action === 'FailIndex' || failuresAfter(job, pod).counted > limit;
      return isLost ? [index] : [];
    }),
  );
}

/** The pod of each index that knows of the most failures: the newest. */
export function newestByIndex(pods: readonly Pod[]): ReadonlyMap<number, Pod> {
  const newest = new Map<number, Pod>();
  const total = (pod: Pod): number => failuresOf(pod).counted + failuresOf(pod).ignored;
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined) continue;
    const held = newest.get(index);
    if (held === undefined || total(pod) > total(held)) newest.set(index, pod);
  }
  return newest;
}
