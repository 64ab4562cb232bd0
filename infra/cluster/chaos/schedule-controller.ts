import { isDeepStrictEqual } from 'node:util';
import { chaosApiVersion, experimentKinds, type Experiment, type Schedule } from '../../chaos/chaos-types.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound, messageOf } from '../client/api-errors.ts';
import type { ObjectKey } from '../client/object-key.ts';
import { TerminalError, type ReconcileResult } from '../client/run-controller.ts';
import {
  awaitable,
  disposeAll,
  onOwned,
  onSelf,
  recorderFor,
  startLoop,
  type ControllerContext,
} from '../controllers/controller-context.ts';
import { isControlledBy } from '../meta/owner-reference.ts';
import { timeText } from '../meta/times.ts';
import { chaosRef } from './chaos-context.ts';
import { isFinished, isPaused } from './experiment-plan.ts';
import { planExperiment, planPruning, planTimes } from './schedule-plan.ts';

/** Makes experiments by the clock, and removes the oldest that are done. */
export function startScheduleController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const schedules = informers.informer<Schedule>(chaosRef('Schedule'));
  const experiments = experimentKinds.map((kind) => ({ kind, informer: informers.informer<Experiment>(chaosRef(kind)) }));
  const recorder = recorderFor(context, 'chaos-controller-manager');

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = schedules.get(key);
    if (held === undefined || held.metadata.deletionTimestamp !== undefined) return undefined;
    const schedule: Schedule = { ...held, apiVersion: chaosApiVersion, kind: 'Schedule' };
    const owned = ownedBy(schedule);
    const isDone = (one: Experiment): boolean => isFinished(one, isOneShot(one), clock.now());
    for (const one of planPruning(schedule, owned.filter(isDone))) await remove(one);
    const active = owned.filter((one) => !isDone(one));
    if (isPaused(schedule)) {
      await writeStatus(schedule, active, schedule.status?.time);
      return undefined;
    }
    const times = planTimes(schedule, clock.now());
    if (times === undefined) throw unreadable(schedule);
    const isHeld = schedule.spec.concurrencyPolicy !== 'Allow' && active.length > 0;
    if (times.dueMs !== undefined && isHeld)
      recorder.record(schedule, 'Warning', 'Forbid', `Forbid spawning new job because: ${active[0]?.metadata.name ?? ''} is still running`);
    else if (times.dueMs !== undefined) active.push(...(await create(schedule, times.dueMs)));
    // A time that was forbidden is over: the next is waited for, as in Chaos Mesh.
    await writeStatus(schedule, active, times.dueMs === undefined ? schedule.status?.time : timeText(times.dueMs));
    return times.nextMs === undefined ? undefined : { requeueAfterMs: Math.max(0, times.nextMs - clock.now()) };
  }

  function ownedBy(schedule: Schedule): Experiment[] {
    return experiments.flatMap(({ kind, informer }) =>
      informer
        .inNamespace(schedule.metadata.namespace ?? '')
        .filter((one) => isControlledBy(one, schedule) && one.metadata.deletionTimestamp === undefined)
        .map((one) => ({ ...one, kind }) as Experiment),
    );
  }

  function unreadable(schedule: Schedule): TerminalError {
    const message = `unparseable schedule: "${schedule.spec.schedule}"`;
    recorder.record(schedule, 'Warning', 'Failed', message);
    return new TerminalError('UnparseableSchedule', message);
  }

  async function create(schedule: Schedule, dueMs: number): Promise<readonly Experiment[]> {
    const wanted = planExperiment(schedule, dueMs);
    if (wanted === undefined) {
      recorder.record(schedule, 'Warning', 'Failed', `the schedule holds no ${schedule.spec.type}`);
      return [];
    }
    try {
      const made = await api.create<Experiment>(chaosRef(wanted.kind), wanted);
      recorder.record(schedule, 'Normal', 'Spawned', `Create new object: ${made.metadata.name}`);
      return [made];
    } catch (error) {
      // The name holds the time: it was made before and the status was not written.
      if (isAlreadyExists(error) || isNamespaceTerminating(error)) return [];
      recorder.record(schedule, 'Warning', 'Failed', `Failed to create new object: ${messageOf(error)}`);
      throw error;
    }
  }

  async function remove({ kind, metadata }: Experiment): Promise<void> {
    const preconditions = metadata.uid === undefined ? {} : { uid: metadata.uid };
    await api.delete(chaosRef(kind), metadata.name, metadata.namespace, { preconditions }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  async function writeStatus(schedule: Schedule, active: readonly Experiment[], time: string | null | undefined): Promise<void> {
    const references = active.map(({ kind, metadata: { namespace = '', name, uid = '' } }) => ({
      apiVersion: chaosApiVersion,
      kind,
      namespace,
      name,
      uid,
    }));
    const status = { ...(references.length === 0 ? {} : { active: references }), ...(time === undefined ? {} : { time }) };
    if (isDeepStrictEqual(status, schedule.status ?? {})) return;
    await api.update(chaosRef('Schedule'), { ...schedule, status });
  }

  const loop = startLoop(context, {
    name: 'schedule',
    waitFor: [awaitable(schedules), ...experiments.map(({ informer }) => awaitable(informer))],
    watch: (queue) => [onSelf(schedules, queue), ...experiments.map(({ informer }) => onOwned(informer, 'Schedule', queue))],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}

function isOneShot(one: Experiment): boolean {
  return one.kind === 'PodChaos' && one.spec.action !== 'pod-failure';
}
