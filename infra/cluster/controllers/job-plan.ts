import type { Job, JobCondition, JobStatus, Pod } from '../meta/generated/types.ts';
import { isConditionTrue } from '../meta/condition.ts';
import { parseTime } from '../client/wire-time.ts';
import { timeText } from '../meta/times.ts';
import { deadlineMs, endOf, type JobEnd } from './job-end.ts';
import { failuresAfter, newestByIndex } from './job-failure.ts';
import { endedAtMs, failuresInARow, hasFailed, indexOf, isHeld, type NewJobPod } from './job-pods.ts';
import { countPods, statusOf, tallyOf, type Tally } from './job-tally.ts';
import { byDeletionOrder } from './pod-order.ts';

/** A failed pod's replacement waits 10 s, doubling up to ten minutes. */
const FAILURE_BACKOFF_MS = 10_000;
const MAX_FAILURE_BACKOFF_MS = 600_000;

export interface JobPlan {
  readonly create: readonly NewJobPod[];
  /** Pods to delete. `isUncounted` says that their end says nothing of the Job's work, as of one that is suspended. */
  readonly delete: readonly Pod[];
  readonly isUncounted: boolean;
  readonly status: JobStatus;
  /** Pods counted in the status that can now be let go of. */
  readonly release: readonly Pod[];
  readonly requeueAtMs?: number;
}

/**
 * What a Job does next. Pods that have ended are counted into the status while a finalizer holds them, and let go of once the status
 * that counts them is written: `uncountedTerminatedPods` names those in between. So none is counted twice or forgotten.
 */
export function planJob(job: Job, pods: readonly Pod[], nowMs: number): JobPlan {
  const { status: held = {}, spec } = job;
  if (isFinished(job)) return { create: [], delete: [], isUncounted: false, status: held, release: pods.filter(isHeld) };
  const counted = countPods(job, pods, false);
  const tally = tallyOf(job, pods, counted);
  const end = endOf(job, pods, tally, nowMs);
  if (end !== undefined) return ending(job, pods, end, nowMs);
  const base = statusOf(job, pods, tally, counted, nowMs);
  if (spec?.suspend === true) {
    const { startTime: _startTime, ...suspended } = base;
    const status = withConditionOf(suspended, suspension(true), nowMs);
    return { create: [], delete: tally.active, isUncounted: true, status, release: counted.release };
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
    isUncounted: true,
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

/** First the verdict, then the pods, and only when all of them are gone and counted the end itself. */
function ending(job: Job, pods: readonly Pod[], end: JobEnd, nowMs: number): JobPlan {
  const counted = countPods(job, pods, true);
  const tally = tallyOf(job, pods, counted);
  const verdict = end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const judged = withConditionOf(statusOf(job, pods, tally, counted, nowMs), { ...end, type: verdict, status: 'True' }, nowMs);
  const { uncounted, release } = counted;
  const isWaiting = tally.active.length + tally.terminating.length + uncounted.succeeded.length + uncounted.failed.length > 0;
  if (isWaiting) return { create: [], delete: tally.active, isUncounted: false, status: judged, release };
  const done = withConditionOf(judged, { ...end, status: 'True' }, nowMs);
  const status = end.type === 'Complete' ? { ...done, completionTime: timeText(nowMs) } : done;
  return { create: [], delete: [], isUncounted: false, status, release };
}

interface ActivePlan {
  readonly create: readonly NewJobPod[];
  readonly surplus: readonly Pod[];
  readonly requeueAtMs?: number;
}

function planActive(job: Job, pods: readonly Pod[], tally: Tally, nowMs: number): ActivePlan {
  const { parallelism = 1, completions, podReplacementPolicy, completionMode, backoffLimitPerIndex } = job.spec ?? {};
  const left = completions === undefined ? undefined : completions - tally.succeeded - tally.failedIndexes.size;
  const remaining = left ?? (tally.succeeded > 0 ? tally.active.length : parallelism);
  const wanted = Math.max(0, Math.min(parallelism, remaining));
  if (tally.active.length > wanted) {
    const ordered = [...tally.active].sort(byDeletionOrder(() => 0));
    return { create: [], surplus: ordered.slice(0, tally.active.length - wanted) };
  }
  const leaving = podReplacementPolicy === 'Failed' ? tally.terminating : [];
  const missing = wanted - tally.active.length - leaving.length;
  if (missing <= 0) return { create: [], surplus: [] };
  const taken = new Set([
    ...tally.completedIndexes,
    ...tally.failedIndexes,
    ...[...tally.active, ...leaving].flatMap((pod) => indexOf(pod) ?? []),
  ]);
  const free = Array.from({ length: completionMode === 'Indexed' ? (completions ?? 0) : 0 }, (_, index) => index).filter(
    (index) => !taken.has(index),
  );
  if (backoffLimitPerIndex !== undefined) return planByIndex(job, pods, free, missing, nowMs);
  const row = failuresInARow(job, pods);
  const readyAtMs = row[0] === undefined ? undefined : endedAtMs(row[0]) + backoffMs(row.length);
  if (readyAtMs !== undefined && readyAtMs > nowMs) return { create: [], surplus: [], requeueAtMs: readyAtMs };
  if (completionMode !== 'Indexed') return { create: Array.from({ length: missing }, () => ({})), surplus: [] };
  return { create: free.slice(0, missing).map((index) => ({ index })), surplus: [] };
}

/** Each index waits for its own failures only. */
function planByIndex(job: Job, pods: readonly Pod[], free: readonly number[], missing: number, nowMs: number): ActivePlan {
  const newest = newestByIndex(pods.filter((pod) => hasFailed(job, pod)));
  const create: NewJobPod[] = [];
  let requeueAtMs = Infinity;
  for (const index of free) {
    if (create.length === missing) break;
    const last = newest.get(index);
    const failures = last === undefined ? { counted: 0, ignored: 0 } : failuresAfter(job, last);
    const readyAtMs = last === undefined ? nowMs : endedAtMs(last) + backoffMs(failures.counted + failures.ignored);
    if (readyAtMs <= nowMs) create.push({ index, failures });
    else requeueAtMs = Math.min(requeueAtMs, readyAtMs);
  }
  return { create, surplus: [], ...(requeueAtMs === Infinity ? {} : { requeueAtMs }) };
}

function backoffMs(failures: number): number {
  return Math.min(FAILURE_BACKOFF_MS * 2 ** (failures - 1), MAX_FAILURE_BACKOFF_MS);
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
