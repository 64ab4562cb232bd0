import { parseTime } from '../client/wire-time.ts';
import type { Job, Pod } from '../meta/generated/types.ts';
import { judgeFailure } from './job-failure.ts';
import { parseIndexes } from './job-indexes.ts';
import { hasFailed, isHeld } from './job-pods.ts';
import type { Tally } from './job-tally.ts';

export type JobEnd = { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string };

/** Whether a Job is over and how; once said it is not taken back. */
export function endOf(job: Job, pods: readonly Pod[], tally: Tally, nowMs: number): JobEnd | undefined {
  return toldEnd(job) ?? failureOf(job, pods, tally, nowMs) ?? successOf(job, tally) ?? indexFailureOf(job, tally);
}

function toldEnd({ status }: Job): JobEnd | undefined {
  const told = status?.conditions?.find(
    ({ type, status: value }) => (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && value === 'True',
  );
  if (told === undefined) return undefined;
  return { type: told.type === 'FailureTarget' ? 'Failed' : 'Complete', reason: told.reason ?? '', message: told.message ?? '' };
}

function failureOf(job: Job, pods: readonly Pod[], tally: Tally, nowMs: number): JobEnd | undefined {
  const { spec } = job;
  for (const pod of pods.filter((each) => isHeld(each) && hasFailed(job, each))) {
    const verdict = judgeFailure(job, pod);
    if (verdict.action === 'FailJob') return { type: 'Failed', reason: 'PodFailurePolicy', message: verdict.message };
  }
  const backoffLimit = spec?.backoffLimit ?? 6;
  const restarts = spec?.template.spec?.restartPolicy === 'OnFailure' ? restartsOf(pods) : 0;
  if (tally.failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit))
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  const deadline = deadlineMs(job);
  if (deadline === undefined || nowMs < deadline || spec?.suspend === true) return undefined;
  return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
}

function successOf({ spec }: Job, tally: Tally): JobEnd | undefined {
  const rule = (spec?.successPolicy?.rules ?? []).findIndex((each) => isRuleMet(each, tally.completedIndexes));
  if (rule >= 0) return { type: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  const isComplete =
    spec?.completions === undefined
      ? tally.succeeded > 0 && tally.active.length === 0
      : tally.succeeded >= spec.completions && spec.completions >= 0;
  return isComplete ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined;
}

type SuccessRule = NonNullable<NonNullable<Job['spec']>['successPolicy']>['rules'][number];

/** Of the named indexes (or of all) so many as asked for, or each of them. */
function isRuleMet({ succeededIndexes, succeededCount }: SuccessRule, completed: ReadonlySet<number>): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && completed.size >= succeededCount;
  const named = [...parseIndexes(succeededIndexes)];
  return named.filter((index) => completed.has(index)).length >= (succeededCount ?? named.length);
}

function indexFailureOf({ spec }: Job, { failedIndexes, succeeded }: Tally): JobEnd | undefined {
  if (failedIndexes.size === 0) return undefined;
  const { maxFailedIndexes, completions = 0 } = spec ?? {};
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message };
  }
  return failedIndexes.size + succeeded >= completions
    ? { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' }
    : undefined;
}

export function deadlineMs({ spec, status }: Job): number | undefined {
  const startedMs = parseTime(status?.startTime);
  return spec?.activeDeadlineSeconds === undefined || startedMs === undefined ? undefined : startedMs + spec.activeDeadlineSeconds * 1000;
}

function restartsOf(pods: readonly Pod[]): number {
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending');
  const statuses = running.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]);
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
