import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNamespaceTerminating, isNotFound, orAbsent } from '../client/api-errors.ts';
import { Expectations } from '../client/expectations.ts';
import { objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type { Job, Pod } from '../meta/generated/types.ts';
import { controllerOf, isControlledBy } from '../meta/owner-reference.ts';
import { awaitable, disposeAll, onOwned, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { finishedAtMs, isFinished, planJob, type JobPlan } from './job-plan.ts';
import { jobPod, trackingFinalizer, type NewJobPod } from './job-pods.ts';
import { createPod, deletePod, slowStart, type PodControl } from './pod-control.ts';

const KIND = 'Job';

/** Runs Jobs to their end: so many pods, so many failures, and gone again after a while where asked. */
export function startJobController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const jobs = informers.informer<Job>(resources.jobs);
  const pods = informers.informer<Pod>(resources.pods);
  const recorder = recorderFor(context, 'job-controller');
  const control: PodControl = { api, recorder };
  const expectations = new Expectations(clock);

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = jobs.get(key);
    const owned = podsOf(key, held);
    if (held === undefined || held.metadata.deletionTimestamp !== undefined) {
      expectations.forget(key);
      // Nobody counts these pods any more; without their finalizer they can go.
      for (const pod of owned) await release(pod);
      return undefined;
    }
    const job: Job = { ...held, apiVersion: 'batch/v1', kind: KIND };
    if (isFinished(job)) {
      for (const pod of owned) await release(pod);
      return expire(job);
    }
    if (!expectations.satisfied(key)) return undefined;
    const plan = planJob(job, owned, clock.now());
    await apply(key, job, plan);
    if (plan.requeueAtMs === undefined) return undefined;
    return { requeueAfterMs: Math.max(0, plan.requeueAtMs - clock.now()) };
  }

  /** By the owner reference alone: Jobs adopt nothing here, because their pods carry a uid of their own in the selector. */
  function podsOf(key: ObjectKey, job: Job | undefined): readonly Pod[] {
    const namespace = key.slice(0, key.indexOf('/'));
    return pods.inNamespace(namespace).filter((pod) => {
      if (job !== undefined) return isControlledBy(pod, job);
      const owner = controllerOf(pod);
      return owner?.kind === KIND && objectKey(namespace, owner.name) === key;
    });
  }

  async function apply(key: ObjectKey, job: Job, plan: JobPlan): Promise<void> {
    if (!isDeepStrictEqual(plan.status, job.status)) {
      await api.update<Job>(subresource(resources.jobs, 'status'), { ...job, status: plan.status });
      tellOfEnd(job, plan.status);
    }
    for (const pod of plan.release) await release(pod);
    expectations.expect(key, { creations: plan.create.length, deletions: plan.delete.map(({ metadata }) => metadata.uid ?? '') });
    for (const pod of plan.delete) {
      // Without its finalizer a pod's end is not counted.
      if (plan.isUncounted) await release(pod);
      await deletePod(control, job, pod);
    }
    const none: NewJobPod = {};
    const { done, error } = await slowStart(plan.create.length, (at) => createPod(control, job, jobPod(job, plan.create[at] ?? none)));
    for (let skipped = done; skipped < plan.create.length; skipped += 1) expectations.creationObserved(key);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error as Error;
  }

  function tellOfEnd(job: Job, status: NonNullable<Job['status']>): void {
    if (isFinished(job)) return;
    const end = status.conditions?.find(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
    if (end?.type === 'Complete') recorder.record(job, 'Normal', 'Completed', 'Job completed');
    else if (end !== undefined) recorder.record(job, 'Warning', end.reason ?? 'Failed', end.message ?? '');
  }

  async function release(pod: Pod): Promise<void> {
    const { name, namespace = '', uid, finalizers = [] } = pod.metadata;
    if (!finalizers.includes(trackingFinalizer)) return;
    const kept = finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
    try {
      await api.patch(resources.pods, { name, namespace }, 'merge', { metadata: { uid, finalizers: kept.length === 0 ? null : kept } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async function expire(job: Job): Promise<ReconcileResult> {
    const { ttlSecondsAfterFinished } = job.spec ?? {};
    const endedMs = finishedAtMs(job);
    if (ttlSecondsAfterFinished === undefined || endedMs === undefined) return undefined;
    const leftMs = endedMs + ttlSecondsAfterFinished * 1000 - clock.now();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    const { name, namespace, uid } = job.metadata;
    await orAbsent(
      api.delete(resources.jobs, name, namespace, {
        propagationPolicy: 'Foreground',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      }),
    );
    return undefined;
  }

  const loop = startLoop(context, {
    name: 'job',
    waitFor: [awaitable(jobs), awaitable(pods)],
    watch: (queue) => [
      onSelf(jobs, queue),
      pods.subscribe(({ type, object }) => {
        const owner = controllerOf(object);
        if (owner?.kind !== KIND) return;
        const key = objectKey(object.metadata.namespace, owner.name);
        if (type === 'added') expectations.creationObserved(key);
        if (type === 'deleted' || object.metadata.deletionTimestamp !== undefined)
          expectations.deletionObserved(key, object.metadata.uid ?? '');
      }),
      onOwned(pods, KIND, queue),
    ],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}
