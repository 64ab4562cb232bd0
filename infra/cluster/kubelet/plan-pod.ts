import type { Pod } from '../meta/generated/types.ts';
import { containersOf, podSpec, recordOf, type ContainerRecord, type PodState, type RoledContainer } from './pod-state.ts';
import { backoffEndsAt } from './restart-backoff.ts';

/** What a pod's worker does next. Stops come before starts; starts happen in the order given. */
export interface PodPlan {
  readonly needsSandbox: boolean;
  readonly stop: readonly { readonly name: string; readonly message: string; readonly graceSeconds?: number }[];
  readonly start: readonly string[];
  /** Containers that have ended and wait for their back-off. */
  readonly backingOff: readonly { readonly name: string; readonly delayMs: number; readonly untilMs: number }[];
  /** Nothing of the pod runs again: what still runs (sidecars) is to be stopped for good. */
  readonly isFinished: boolean;
  /** The earliest time at which the plan would change by itself. */
  readonly wakeAtMs?: number;
}

/**
 * Decides what becomes of a pod's containers, after the kubelet's computePodActions: init containers one after another, a sidecar lets
 * the next begin once it has started, main containers together when all that is done, ephemeral ones once, and each is restarted as
 * the restart policy and the back-off allow. Pure: the same pod, state and time give the same plan.
 */
export function planPod(pod: Pod, state: PodState, nowMs: number): PodPlan {
  const all = containersOf(pod);
  if (state.failure !== undefined) return finished;
  const draft: Draft = { nowMs, start: [], stop: [], backingOff: [], wakeAtMs: Infinity };
  const isInitialized = hasBegunMain(all, state);
  const initOutcome = planInit(pod, all, state, isInitialized, draft);
  if (initOutcome === 'failed') return finished;
  if (initOutcome === 'done') {
    for (const each of all.filter(({ role }) => role === 'main')) planMain(pod, each, state, draft);
    if (isMainOver(pod, all, state)) return finished;
  }
  if (state.sandboxIp !== undefined) {
    for (const { role, container } of all) {
      if (role === 'ephemeral' && recordOf(state, container.name).run === undefined)
        start(recordOf(state, container.name), container.name, draft);
    }
  }
  const { wakeAtMs } = draft;
  return {
    needsSandbox: state.sandboxIp === undefined,
    stop: draft.stop,
    start: draft.start,
    backingOff: draft.backingOff,
    isFinished: false,
    ...(wakeAtMs === Infinity ? {} : { wakeAtMs }),
  };
}

interface Draft {
  readonly nowMs: number;
  readonly start: string[];
  readonly stop: { name: string; message: string; graceSeconds?: number }[];
  readonly backingOff: { name: string; delayMs: number; untilMs: number }[];
  wakeAtMs: number;
}

const finished: PodPlan = { needsSandbox: false, stop: [], start: [], backingOff: [], isFinished: true };

/** Once a main container has run, init containers are over for good and sidecars are merely kept running. */
function hasBegunMain(all: readonly RoledContainer[], state: PodState): boolean {
  return all.some(({ role, container }) => role === 'main' && recordOf(state, container.name).run !== undefined);
}

function planInit(
  pod: Pod,
  all: readonly RoledContainer[],
  state: PodState,
  isInitialized: boolean,
  draft: Draft,
): 'done' | 'pending' | 'failed' {
  for (const { role, container } of all) {
    if (role !== 'init' && role !== 'sidecar') continue;
    const record = recordOf(state, container.name);
    const { run } = record;
    if (role === 'sidecar') {
      planRestart(record, container.name, container.image, draft);
      if (!isInitialized && !(run?.state.kind === 'running' && record.isStarted)) return 'pending';
      continue;
    }
    if (isInitialized) continue;
    if (run?.state.kind === 'exited' && run.state.exitCode === 0) continue;
    if (run?.state.kind === 'exited' && podSpec(pod).restartPolicy === 'Never') return 'failed';
    planRestart(record, container.name, container.image, draft);
    return 'pending';
  }
  return 'done';
}

function planMain(pod: Pod, { container }: RoledContainer, state: PodState, draft: Draft): void {
  const record = recordOf(state, container.name);
  const state_ = record.run?.state;
  if (state_?.kind === 'exited' && !isRestarted(pod, record) && record.run?.image === container.image) return;
  planRestart(record, container.name, container.image, draft);
}

/** Starts what has never run, restarts what has ended, stops what a probe or a new image condemns. */
function planRestart(record: ContainerRecord, name: string, image: string | undefined, draft: Draft): void {
  const { run } = record;
  if (run === undefined) {
    start(record, name, draft);
    return;
  }
  if (run.state.kind === 'running') {
    if (record.stopRequest !== undefined) draft.stop.push({ name, ...record.stopRequest });
    else if (run.image !== image) draft.stop.push({ name, message: `Container ${name} definition changed, will be restarted` });
    return;
  }
  const untilMs = backoffEndsAt(record.crashBackoff, run.state.finishedAtMs, draft.nowMs);
  if (untilMs === undefined) {
    start(record, name, draft);
    return;
  }
  draft.backingOff.push({ name, untilMs, delayMs: record.crashBackoff?.delayMs ?? 0 });
  draft.wakeAtMs = Math.min(draft.wakeAtMs, untilMs);
}

function start(record: ContainerRecord, name: string, draft: Draft): void {
  if (record.retryAtMs !== undefined && record.retryAtMs > draft.nowMs) {
    draft.wakeAtMs = Math.min(draft.wakeAtMs, record.retryAtMs);
    return;
  }
  draft.start.push(name);
}

function isRestarted(pod: Pod, { run }: ContainerRecord): boolean {
  if (run?.state.kind !== 'exited') return true;
  const { restartPolicy = 'Always' } = podSpec(pod);
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && run.state.exitCode !== 0);
}

function isMainOver(pod: Pod, all: readonly RoledContainer[], state: PodState): boolean {
  return all.every(({ role, container }) => {
    if (role !== 'main') return true;
    const record = recordOf(state, container.name);
    return record.run?.state.kind === 'exited' && record.run.image === container.image && !isRestarted(pod, record);
  });
}
