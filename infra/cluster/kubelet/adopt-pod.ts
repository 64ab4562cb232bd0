import type { ContainerState, RuntimePod } from '../../runtime/runtime.ts';
import type { Container, ContainerStateTerminated, ContainerStatus, Pod } from '../meta/generated/types.ts';
import { parseTime } from '../client/wire-time.ts';
import { containersOf, type ContainerRecord, type ContainerRun, type ExitedState, type PodState } from './pod-state.ts';

/** What a kubelet that starts makes of a pod that an earlier one ran. */
export interface Adoption {
  readonly state: PodState;
  /** Containers that were created and never started, or belong to runs long past. */
  readonly remove: readonly string[];
}

/**
 * Builds a pod's state from what the runtime says runs and from the status that the API holds. Nothing is restarted for it: a running
 * container goes on as it is, with the readiness it had. A run that the status knows and the runtime does not has been lost.
 */
export function adoptPod(pod: Pod, found: RuntimePod | undefined, nowMs: number): Adoption {
  const statuses = allStatuses(pod);
  const containers = new Map<string, ContainerRecord>();
  const remove: string[] = [];
  for (const { container } of containersOf(pod)) {
    const status = statuses.find(({ name }) => name === container.name);
    const runs = (found?.containers ?? []).filter(({ name }) => name === container.name).sort((a, b) => b.attempt - a.attempt);
    const started = runs.filter(({ state }) => state.kind === 'running' || state.kind === 'exited');
    const [latest, previous, ...older] = started;
    remove.push(...runs.filter((run) => !started.includes(run)).map(({ id }) => id), ...older.map(({ id }) => id));
    if (latest !== undefined) {
      const before = previous === undefined ? {} : { previous: adoptedRun(container, previous, status) };
      containers.set(container.name, { ...adoptedRecord(container, adoptedRun(container, latest, status), status), ...before });
    } else {
      const lost = lostRun(container, status, nowMs);
      if (lost !== undefined) containers.set(container.name, { run: lost, isStarted: false, isReady: false });
    }
  }
  const startedAtMs = parseTime(pod.status?.startTime) ?? nowMs;
  const sandboxIp = found?.sandbox.ip;
  return { state: { ...(sandboxIp === undefined ? {} : { sandboxIp }), containers, startedAtMs }, remove };
}

/** How a run ended, from what the runtime says of it. OOM needs the flag and the exit code: the kernel may have killed but a child. */
export function exitedState(state: Extract<ContainerState, { kind: 'exited' }>, terminationMessage: string): ExitedState {
  const message = terminationMessage === '' ? state.message : terminationMessage;
  const isOom = state.oomKilled && state.exitCode === 137;
  return {
    kind: 'exited',
    startedAtMs: state.startedAt.getTime(),
    finishedAtMs: state.finishedAt.getTime(),
    exitCode: state.exitCode,
    reason: isOom ? 'OOMKilled' : state.exitCode === 0 ? 'Completed' : 'Error',
    ...(message === undefined || message === '' ? {} : { message }),
  };
}

/** The end of a run that the runtime knows nothing of any more, in the kubelet's words. */
export function lostState(startedAtMs: number, nowMs: number): ExitedState {
  return {
    kind: 'exited',
    startedAtMs,
    finishedAtMs: nowMs,
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
}

function adoptedRecord(container: Container, run: ContainerRun, status: ContainerStatus | undefined): ContainerRecord {
  const isRunning = run.state.kind === 'running';
  const isKnown = status?.containerID?.endsWith(run.id) === true;
  return {
    run,
    isStarted: isRunning && (isKnown ? status.started === true : container.startupProbe === undefined),
    isReady: isRunning && (isKnown ? status.ready : container.readinessProbe === undefined && container.startupProbe === undefined),
  };
}

function adoptedRun(container: Container, found: RuntimePod['containers'][number], status: ContainerStatus | undefined): ContainerRun {
  const { id, attempt, state } = found;
  const isKnown = status?.containerID?.endsWith(id) === true;
  const user = isKnown ? status.user : undefined;
  return {
    id,
    attempt,
    image: isKnown ? status.image : (container.image ?? ''),
    imageId: isKnown ? status.imageID : '',
    ...(user === undefined ? {} : { user }),
    state:
      state.kind === 'exited'
        ? exitedState(state, '')
        : { kind: 'running', startedAtMs: state.kind === 'running' ? state.startedAt.getTime() : 0 },
  };
}

function lostRun(container: Container, status: ContainerStatus | undefined, nowMs: number): ContainerRun | undefined {
  const { state, lastState, containerID, restartCount = 0, imageID = '', image = container.image ?? '' } = status ?? {};
  if (containerID === undefined) return undefined;
  const ended = state?.terminated ?? (state?.running === undefined ? lastState?.terminated : undefined);
  const id = containerID.replace(/^.*:\/\//, '');
  const lost = lostState(parseTime(state?.running?.startedAt) ?? nowMs, nowMs);
  return { id, attempt: restartCount, image, imageId: imageID, state: ended === undefined ? lost : heldExit(ended, nowMs) };
}

function heldExit({ exitCode, reason = 'Error', message, startedAt, finishedAt }: ContainerStateTerminated, nowMs: number): ExitedState {
  return {
    kind: 'exited',
    startedAtMs: parseTime(startedAt) ?? nowMs,
    finishedAtMs: parseTime(finishedAt) ?? nowMs,
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
  };
}

function allStatuses({ status }: Pod): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}
