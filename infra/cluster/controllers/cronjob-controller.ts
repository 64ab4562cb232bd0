import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, isNamespaceTerminating, isNotFound, messageOf } from '../client/api-errors.ts';
import type { ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import { TerminalError, type ReconcileResult } from '../client/run-controller.ts';
import { parseTime } from '../client/wire-time.ts';
import type { CronJob, CronJobSpec, CronJobStatus, Job, ObjectReference } from '../meta/generated/types.ts';
import { controllerReference, isControlledBy } from '../meta/owner-reference.ts';
import { isConditionTrue } from '../meta/condition.ts';
import { timeText } from '../meta/times.ts';
import { awaitable, disposeAll, onOwned, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { dueTimes } from './cron-schedule.ts';
import { isFinished } from './job-plan.ts';

const KIND = 'CronJob';

/** Makes Jobs by the clock. */
export function startCronJobController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const cronJobs = informers.informer<CronJob>(resources.cronJobs);
  const jobs = informers.informer<Job>(resources.jobs);
  const recorder = recorderFor(context, 'cronjob-controller');

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = cronJobs.get(key);
    if (held?.spec === undefined || held.metadata.deletionTimestamp !== undefined) return undefined;
    const cronJob: CronJob = { ...held, apiVersion: 'batch/v1', kind: KIND };
    const owned = jobs.inNamespace(cronJob.metadata.namespace ?? '').filter((job) => isControlledBy(job, cronJob));
    const status = await observe(cronJob, owned);
    await removeOld(held.spec, owned);
    const requeueAtMs = held.spec.suspend === true ? undefined : await runIfDue(cronJob, held.spec, owned, status);
    await writeStatus(cronJob, status);
    return requeueAtMs === undefined ? undefined : { requeueAfterMs: Math.max(0, requeueAtMs - clock.now()) };
  }

  /** Takes finished Jobs off the list of active ones, telling of each once. */
  async function observe(cronJob: CronJob, owned: readonly Job[]): Promise<CronJobStatus> {
    const { active: listed = [], ...status } = cronJob.status ?? {};
    let { lastSuccessfulTime } = status;
    const active: ObjectReference[] = [];
    for (const reference of listed) {
      const job = owned.find(({ metadata }) => metadata.uid === reference.uid);
      if (job === undefined) continue;
      if (!isFinished(job)) active.push(reference);
      else {
        const end = isConditionTrue(job.status?.conditions, 'Complete') ? 'Complete' : 'Failed';
        recorder.record(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${end}`);
      }
    }
    for (const job of owned) {
      const completed = job.status?.completionTime;
      if (completed !== undefined && (parseTime(completed) ?? 0) > (parseTime(lastSuccessfulTime) ?? 0)) lastSuccessfulTime = completed;
    }
    return { ...status, ...(active.length === 0 ? {} : { active }), ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) };
  }

  async function removeOld(spec: CronJobSpec, owned: readonly Job[]): Promise<void> {
    const finished = owned.filter(isFinished).sort((a, b) => (parseTime(b.status?.startTime) ?? 0) - (parseTime(a.status?.startTime) ?? 0));
    const [good, bad] = [
      finished.filter(({ status }) => isConditionTrue(status?.conditions, 'Complete')),
      finished.filter(({ status }) => isConditionTrue(status?.conditions, 'Failed')),
    ];
    for (const job of [...good.slice(spec.successfulJobsHistoryLimit ?? 3), ...bad.slice(spec.failedJobsHistoryLimit ?? 1)])
      await remove(job);
  }

  async function remove({ metadata }: Job): Promise<void> {
    const preconditions = metadata.uid === undefined ? {} : { uid: metadata.uid };
    await api
      .delete(resources.jobs, metadata.name, metadata.namespace, { propagationPolicy: 'Background', preconditions })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  async function runIfDue(cronJob: CronJob, spec: CronJobSpec, owned: readonly Job[], status: CronJobStatus): Promise<number | undefined> {
    const { schedule, timeZone, startingDeadlineSeconds, concurrencyPolicy } = spec;
    const nowMs = clock.now();
    const lastMs = parseTime(status.lastScheduleTime) ?? parseTime(cronJob.metadata.creationTimestamp) ?? nowMs;
    const earliestMs = startingDeadlineSeconds === undefined ? lastMs : Math.max(lastMs, nowMs - startingDeadlineSeconds * 1000);
    const times = dueTimes(schedule, timeZone, earliestMs, nowMs);
    if (times === undefined) {
      recorder.record(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${schedule}"`);
      throw new TerminalError('UnparseableSchedule', `unparseable schedule: "${schedule}"`);
    }
    if (times.dueMs === undefined && times.nextMs === undefined) {
      const reason = 'time difference between two schedules is less than 1 second';
      recorder.record(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${schedule} : ${reason}`);
      return undefined;
    }
    if (times.isTooManyMissed) {
      recorder.record(
        cronJob,
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    }
    if (times.dueMs === undefined) return times.nextMs;
    const running = owned.filter((job) => !isFinished(job));
    if (concurrencyPolicy === 'Forbid' && running.length > 0) {
      recorder.record(
        cronJob,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      );
      return times.nextMs;
    }
    if (concurrencyPolicy === 'Replace') {
      for (const job of running) {
        await remove(job);
        recorder.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
      }
    }
    await createJob(cronJob, jobOf(cronJob, spec, times.dueMs), times.dueMs, status);
    return times.nextMs;
  }

  async function createJob(cronJob: CronJob, wanted: Job, dueMs: number, status: CronJobStatus): Promise<void> {
    try {
      const job = await api.create<Job>(resources.jobs, wanted);
      recorder.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      const { name, namespace = '', uid = '', resourceVersion = '' } = job.metadata;
      status.active = [...(status.active ?? []), { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }];
    } catch (error) {
      // The name holds the time: it was made before and the status was not written.
      if (isNamespaceTerminating(error)) return;
      if (!isAlreadyExists(error)) {
        recorder.record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
        throw error;
      }
    }
    status.lastScheduleTime = timeText(dueMs);
  }

  async function writeStatus(cronJob: CronJob, status: CronJobStatus): Promise<void> {
    if (isDeepStrictEqual(status, cronJob.status ?? {})) return;
    await api.update<CronJob>(subresource(resources.cronJobs, 'status'), { ...cronJob, status });
  }

  const loop = startLoop(context, {
    name: 'cronjob',
    waitFor: [awaitable(cronJobs), awaitable(jobs)],
    watch: (queue) => [onSelf(cronJobs, queue), onOwned(jobs, KIND, queue)],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}

/** Named by its minute, so that one time makes one Job. */
function jobOf(cronJob: CronJob, { jobTemplate }: CronJobSpec, dueMs: number): Job {
  const { name, namespace } = cronJob.metadata;
  const { metadata: { labels, annotations } = {}, spec } = jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(dueMs / 60_000)}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': timeText(dueMs) },
      ownerReferences: [controllerReference(cronJob)],
    },
    ...(spec === undefined ? {} : { spec }),
  };
}
