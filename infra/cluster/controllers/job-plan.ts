import type { Job, JobCondition, JobStatus, Pod } from '../meta/generated/types.ts';
import { isConditionTrue } from '../meta/condition.ts';
import { isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { parseTime } from '../client/wire-time.ts';
import { timeText } from '../meta/times.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index';

/** A failed pod's replacement waits 10 s, doubling up to ten minutes. */
const FAILURE_BACKOFF_MS = 10_000;
const MAX_FAILURE_BACKOFF_MS = 600_000;

export type JobEnd = { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string };

export interface JobPlan {
  /** Indexes of the pods to create; -1 for a Job without indexes. */
  readonly create: readonly number[];
  readonly delete: readonly Pod[];
  readonly status: JobStatus;
  /** Pods counted in the status that can now be let go of. */
  readonly release: readonly Pod[];
  readonly requeueAtMs?: number;
}

/** What a Job's pods come to. */
interface Tally {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: ReadonlySet<number>;
}

/**
 * What a Job does next. Pods that have ended are counted into the status while a finalizer holds them, and let go of once the status
 * that counts them is written: `uncountedTerminatedPods` names those in between. So none is counted twice or forgotten.
 */
export function planJob(job: Job, pods: readonly Pod[], nowMs: number): JobPlan {
  const { status: held = {}, spec } = job;
  if (isFinished(job)) return { create: [], delete: [], status: held, release: pods.filter(isHeld) };
  const counted = countPods(job, pods);
  const tally = tallyOf(job, pods, counted);
  const end = endOf(job, pods, tally, nowMs);
  const base = statusOf(job, pods, tally, counted, nowMs);
  if (end !== undefined) return ending(job, pods, tally, base, end, nowMs);
  if (spec?.suspend === true) {
    const { startTime: _startTime, ...suspended } = base;
    return { create: [], delete: tally.active, status: withConditionOf(suspended, suspension(true), nowMs), release: counted.release };
  }
  const resumed = isConditionTrue(held.conditions, 'Suspended')
    ? withConditionOf({ ...base, startTime: timeText(nowMs) }, suspension(false), nowMs)
    : base;
  const { create, surplus, requeueAtMs } = planActive(job, pods, tally, nowMs);
  const deadline = deadlineMs({ ...job, status: resumed });
  const wakeAtMs = Math.min(requeueAtMs ?? Infinity, deadline ?? Infinity);
  return {
    create,
    delete: surplus,
    status: resumed,
    release: counted.release,
    ...(wakeAtMs === Infinity ? {} : { requeueAtMs: wakeAtMs }),
  };
}

export function isFinished({ status }: Job): boolean {
  return isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed');
}

export function finishedAtMs({ status }: Job): number | undefined {
  const end = status?.conditions?.find(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
  return parseTime(end?.lastTransitionTime);
}

interface Counted {
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  readonly release: readonly Pod[];
}

/** Moves on the books: what was uncounted and is let go of counts now, what has newly ended is noted as uncounted. */
function countPods({ status = {} }: Job, pods: readonly Pod[]): Counted {
  const { uncountedTerminatedPods = {}, succeeded = 0, failed = 0 } = status;
  const holding = new Set(pods.filter(isHeld).map(({ metadata }) => metadata.uid ?? ''));
  const split = (uids: readonly string[] = []): { done: number; left: string[] } => {
    const left = uids.filter((uid) => holding.has(uid));
    return { done: uids.length - left.length, left };
  };
  const good = split(uncountedTerminatedPods.succeeded);
  const bad = split(uncountedTerminatedPods.failed);
  const noted = new Set([...good.left, ...bad.left]);
  const release = pods.filter(({ metadata }) => noted.has(metadata.uid ?? ''));
  for (const pod of pods) {
    const uid = pod.metadata.uid ?? '';
    if (!isHeld(pod) || noted.has(uid)) continue;
    if (pod.status?.phase === 'Succeeded') good.left.push(uid);
    // A pod that was deleted before it could end has failed.
    else if (pod.status?.phase === 'Failed') bad.left.push(uid);
  }
  return { succeeded: succeeded + good.done, failed: failed + bad.done, uncounted: { succeeded: good.left, failed: bad.left }, release };
}

function tallyOf(job: Job, pods: readonly Pod[], counted: Counted): Tally {
  const live = pods.filter((pod) => !isPodTerminal(pod));
  const done = pods.filter((pod) => pod.status?.phase === 'Succeeded').flatMap((pod) => indexOf(pod) ?? []);
  const completedIndexes = new Set([...parseIndexes(job.status?.completedIndexes), ...done]);
  const isIndexed = job.spec?.completionMode === 'Indexed';
  return {
    active: live.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    terminating: live.filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    succeeded: isIndexed ? completedIndexes.size : counted.succeeded + counted.uncounted.succeeded.length,
    failed: counted.failed + counted.uncounted.failed.length,
    completedIndexes,
  };
}

function statusOf(job: Job, pods: readonly Pod[], tally: Tally, { succeeded, failed, uncounted }: Counted, nowMs: number): JobStatus {
  const { status: held = {}, spec } = job;
  const isIndexed = spec?.completionMode === 'Indexed';
  const shown = isIndexed ? tally.succeeded : succeeded;
  return {
    ...(held.conditions === undefined ? {} : { conditions: held.conditions }),
    startTime: held.startTime ?? timeText(nowMs),
    ...(tally.active.length === 0 ? {} : { active: tally.active.length }),
    ...(shown === 0 ? {} : { succeeded: shown }),
    ...(failed === 0 ? {} : { failed }),
    terminating: tally.terminating.length,
    ...(isIndexed && tally.completedIndexes.size > 0 ? { completedIndexes: formatIndexes(tally.completedIndexes) } : {}),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length === 0 ? {} : { succeeded: [...uncounted.succeeded] }),
      ...(uncounted.failed.length === 0 ? {} : { failed: [...uncounted.failed] }),
    },
    ready: pods.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
  };
}

function endOf(job: Job, pods: readonly Pod[], tally: Tally, nowMs: number): JobEnd | undefined {
  const { spec, status } = job;
  const target = status?.conditions?.find(({ type, status: value }) => type === 'FailureTarget' && value === 'True');
  if (target !== undefined) return { type: 'Failed', reason: target.reason ?? '', message: target.message ?? '' };
  const backoffLimit = spec?.backoffLimit ?? 6;
  const restarts = spec?.template.spec?.restartPolicy === 'OnFailure' ? restartsOf(pods) : 0;
  const isPastLimit = tally.failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit);
  if (isPastLimit) return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  const deadline = deadlineMs(job);
  if (deadline !== undefined && nowMs >= deadline && spec?.suspend !== true) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const isComplete =
    spec?.completions === undefined
      ? tally.succeeded > 0 && tally.active.length === 0
      : tally.succeeded >= spec.completions && spec.completions >= 0;
  return isComplete ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined;
}

/** First the verdict, then the pods, and only when all of them are gone and counted the end itself. */
function ending(job: Job, pods: readonly Pod[], tally: Tally, base: JobStatus, end: JobEnd, nowMs: number): JobPlan {
  const verdict = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const judged = withConditionOf(base, { ...end, type: verdict, status: 'True' }, nowMs);
  const uncounted = base.uncountedTerminatedPods ?? {};
  const isWaiting =
    tally.active.length + tally.terminating.length + (uncounted.succeeded ?? []).length + (uncounted.failed ?? []).length > 0;
  const release = pods.filter((pod) => isHeld(pod) && isPodTerminal(pod) && isNoted(job, pod));
  if (isWaiting) return { create: [], delete: tally.active, status: judged, release };
  const done = withConditionOf(judged, { ...end, status: 'True' }, nowMs);
  const status = end.type === 'Complete' ? { ...done, completionTime: timeText(nowMs) } : done;
  return { create: [], delete: [], status, release };
}

function isNoted({ status }: Job, { metadata }: Pod): boolean {
  const { succeeded = [], failed = [] } = status?.uncountedTerminatedPods ?? {};
  return [...succeeded, ...failed].includes(metadata.uid ?? '');
}

function planActive(
  job: Job,
  pods: readonly Pod[],
  tally: Tally,
  nowMs: number,
): { create: readonly number[]; surplus: readonly Pod[]; requeueAtMs?: number } {
  const { parallelism = 1, completions } = job.spec ?? {};
  const remaining = completions === undefined ? (tally.succeeded > 0 ? tally.active.length : parallelism) : completions - tally.succeeded;
  const wanted = Math.max(0, Math.min(parallelism, remaining));
  if (tally.active.length > wanted) return { create: [], surplus: tally.active.slice(wanted) };
  const missing = wanted - tally.active.length;
  if (missing === 0) return { create: [], surplus: [] };
  const readyAtMs = nextStartMs(pods);
  if (readyAtMs !== undefined && readyAtMs > nowMs) return { create: [], surplus: [], requeueAtMs: readyAtMs };
  if (job.spec?.completionMode !== 'Indexed') return { create: Array.from({ length: missing }, () => -1), surplus: [] };
  const taken = new Set([...tally.completedIndexes, ...[...tally.active, ...tally.terminating].flatMap((pod) => indexOf(pod) ?? [])]);
  const free = Array.from({ length: completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index));
  return { create: free.slice(0, missing), surplus: [] };
}

/** Failures since the last success, counted from the newest, delay the next pod. */
function nextStartMs(pods: readonly Pod[]): number | undefined {
  const ended = pods
    .filter(isPodTerminal)
    .map((pod) => ({ isFailure: pod.status?.phase === 'Failed', atMs: endedAtMs(pod) }))
    .sort((a, b) => b.atMs - a.atMs);
  const lastSuccess = ended.findIndex(({ isFailure }) => !isFailure);
  const failures = lastSuccess < 0 ? ended : ended.slice(0, lastSuccess);
  const [latest] = failures;
  if (latest === undefined) return undefined;
  return latest.atMs + Math.min(FAILURE_BACKOFF_MS * 2 ** (failures.length - 1), MAX_FAILURE_BACKOFF_MS);
}

function endedAtMs({ status, metadata }: Pod): number {
  const times = (status?.containerStatuses ?? []).map(({ state }) => parseTime(state?.terminated?.finishedAt) ?? 0);
  return Math.max(parseTime(metadata.creationTimestamp) ?? 0, ...times);
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[completionIndexKey];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function deadlineMs({ spec, status }: Job): number | undefined {
  const startedMs = parseTime(status?.startTime);
  return spec?.activeDeadlineSeconds === undefined || startedMs === undefined ? undefined : startedMs + spec.activeDeadlineSeconds * 1000;
}

function restartsOf(pods: readonly Pod[]): number {
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending');
  const statuses = running.flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]);
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function isHeld({ metadata }: Pod): boolean {
  return (metadata.finalizers ?? []).includes(trackingFinalizer);
}

function suspension(isSuspended: boolean): Omit<JobCondition, 'lastTransitionTime' | 'lastProbeTime'> {
  return isSuspended
    ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
    : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
}

function withConditionOf(status: JobStatus, next: Omit<JobCondition, 'lastTransitionTime' | 'lastProbeTime'>, nowMs: number): JobStatus {
  const held = status.conditions ?? [];
  const before = held.find(({ type }) => type === next.type);
  if (before?.status === next.status) return status;
  const time = timeText(nowMs);
  const condition = { ...next, lastProbeTime: time, lastTransitionTime: time };
  return { ...status, conditions: [...held.filter(({ type }) => type !== next.type), condition] };
}
