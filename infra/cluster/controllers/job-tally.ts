import type { Job, JobStatus, Pod } from '../meta/generated/types.ts';
import { isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { timeText } from '../meta/times.ts';
import { judgeFailure, lostIndexes, newestByIndex } from './job-failure.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';
import { hasFailed, indexOf, isHeld } from './job-pods.ts';

/** The books after this turn: what is counted for good, what is noted to be counted, and who can be let go of. */
export interface Counted {
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  readonly release: readonly Pod[];
}

/** What a Job's pods come to. */
export interface Tally {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: ReadonlySet<number>;
  /** Indexes that are given up; always empty for a Job that does not count failures by index. */
  readonly failedIndexes: ReadonlySet<number>;
}

/**
 * Moves on the books: what was uncounted and is let go of counts now, what has newly ended is noted as uncounted. A failure that the
 * Job's policy ignores is let go of without a trace. Where failures count by index, the last of an index that will be tried again is
 * held until its successor exists, because the count is handed on from pod to pod; not so once the Job is ending.
 */
export function countPods(job: Job, pods: readonly Pod[], isEnding: boolean): Counted {
  const { uncountedTerminatedPods = {}, succeeded = 0, failed = 0 } = job.status ?? {};
  const holding = new Set(pods.filter(isHeld).map(({ metadata }) => metadata.uid ?? ''));
  const split = (uids: readonly string[] = []): { done: number; left: string[] } => {
    const left = uids.filter((uid) => holding.has(uid));
    return { done: uids.length - left.length, left };
  };
  const good = split(uncountedTerminatedPods.succeeded);
  const bad = split(uncountedTerminatedPods.failed);
  const noted = new Set([...good.left, ...bad.left]);
  const release = pods.filter(({ metadata }) => noted.has(metadata.uid ?? ''));
  const waiting = isEnding ? new Set<Pod>() : waitingForSuccessors(job, pods);
  for (const pod of pods) {
    const uid = pod.metadata.uid ?? '';
    if (!isHeld(pod) || noted.has(uid) || waiting.has(pod)) continue;
    if (pod.status?.phase === 'Succeeded') good.left.push(uid);
    else if (!hasFailed(job, pod)) continue;
    else if (judgeFailure(job, pod).action === 'Ignore') release.push(pod);
    else bad.left.push(uid);
  }
  return { succeeded: succeeded + good.done, failed: failed + bad.done, uncounted: { succeeded: good.left, failed: bad.left }, release };
}

function waitingForSuccessors(job: Job, pods: readonly Pod[]): ReadonlySet<Pod> {
  if (job.spec?.backoffLimitPerIndex === undefined) return new Set();
  const failed = pods.filter((pod) => hasFailed(job, pod));
  const over = new Set([...allLost(job, failed), ...allCompleted(job, pods)]);
  const newest = [...newestByIndex(pods)].filter(([index, pod]) => !over.has(index) && failed.includes(pod));
  return new Set(newest.map(([, pod]) => pod));
}

function allLost(job: Job, failed: readonly Pod[]): ReadonlySet<number> {
  return new Set([...parseIndexes(job.status?.failedIndexes), ...lostIndexes(job, failed.filter(isHeld))]);
}

function allCompleted(job: Job, pods: readonly Pod[]): ReadonlySet<number> {
  const done = pods.filter(({ status }) => status?.phase === 'Succeeded').flatMap((pod) => indexOf(pod) ?? []);
  return new Set([...parseIndexes(job.status?.completedIndexes), ...done]);
}

export function tallyOf(job: Job, pods: readonly Pod[], counted: Counted): Tally {
  const live = pods.filter((pod) => !isPodTerminal(pod));
  const completedIndexes = allCompleted(job, pods);
  const isIndexed = job.spec?.completionMode === 'Indexed';
  return {
    active: live.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    terminating: live.filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    succeeded: isIndexed ? completedIndexes.size : counted.succeeded + counted.uncounted.succeeded.length,
    failed: counted.failed + counted.uncounted.failed.length,
    completedIndexes,
    failedIndexes: allLost(
      job,
      pods.filter((pod) => hasFailed(job, pod)),
    ),
  };
}

export function statusOf(
  job: Job,
  pods: readonly Pod[],
  tally: Tally,
  { succeeded, failed, uncounted }: Counted,
  nowMs: number,
): JobStatus {
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
    ...(spec?.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(tally.failedIndexes) }),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length === 0 ? {} : { succeeded: [...uncounted.succeeded] }),
      ...(uncounted.failed.length === 0 ? {} : { failed: [...uncounted.failed] }),
    },
    ready: pods.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
  };
}
