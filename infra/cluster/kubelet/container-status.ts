import type { Container, ContainerState, ContainerStatus, Pod, VolumeMountStatus } from '../meta/generated/types.ts';
import { canonicalDuration, timeText } from '../meta/times.ts';
import {
  recordOf,
  type ContainerRecord,
  type ContainerRole,
  type ContainerRun,
  type PodState,
  type RoledContainer,
  type WaitingReason,
} from './pod-state.ts';

/** The scheme of container ids, as containerd's kubelet writes them. */
const ID_SCHEME = 'containerd://';

/**
 * For this long after its end a container shows as terminated; then, while it waits for its back-off, as CrashLoopBackOff. A real kubelet
 * takes until its next turn, some ten seconds, which only makes people wait.
 */
export const SHOW_TERMINATED_MS = 1_000;

/** What is shown of a container, from what the kubelet remembers of it. */
export function containerStatus({ role, container }: RoledContainer, pod: Pod, state: PodState, nowMs: number): ContainerStatus {
  const record = recordOf(state, container.name);
  const { run } = record;
  const { requests } = container.resources ?? {};
  return {
    name: container.name,
    state: currentState(record, pod, nowMs),
    lastState: lastState(record, nowMs),
    ready: isReady(role, record),
    restartCount: run?.attempt ?? 0,
    image: run?.image ?? container.image ?? '',
    imageID: run?.imageId ?? '',
    ...(run === undefined ? {} : { containerID: ID_SCHEME + run.id }),
    // Nothing probes an ephemeral container, so that it is never told to be ready or started.
    ...(role === 'ephemeral' ? {} : { started: run?.state.kind === 'running' && record.isStarted }),
    ...(run === undefined
      ? {}
      : { ...(requests === undefined ? {} : { allocatedResources: requests }), resources: resourcesOf(container) }),
    ...volumeMounts(container),
    ...(run?.user === undefined ? {} : { user: run.user }),
  };
}

/** The words of a container that is held back by its back-off. */
export function crashLoopMessage(name: string, pod: Pod, delayMs: number): string {
  const { name: podName, namespace = '', uid = '' } = pod.metadata;
  return `back-off ${canonicalDuration(`${delayMs}ms`)} restarting failed container=${name} pod=${podName}_${namespace}(${uid})`;
}

function currentState(record: ContainerRecord, pod: Pod, nowMs: number): ContainerState {
  const { run, waiting } = record;
  if (run?.state.kind === 'running') return { running: { startedAt: timeText(run.state.startedAtMs) } };
  if (waiting !== undefined && !showsTerminated(record, nowMs)) return { waiting: { ...waiting } };
  if (run !== undefined) return terminated(run);
  return { waiting: { ...initialWaiting(pod) } };
}

/** When `state` says why it waits, `lastState` holds how the latest run ended. */
function lastState(record: ContainerRecord, nowMs: number): ContainerState {
  const { run, previous, waiting } = record;
  if (run?.state.kind === 'exited' && waiting !== undefined && !showsTerminated(record, nowMs)) return terminated(run);
  return previous === undefined ? {} : terminated(previous);
}

function showsTerminated({ run, waiting }: ContainerRecord, nowMs: number): boolean {
  if (run?.state.kind !== 'exited') return false;
  return waiting?.reason === 'CrashLoopBackOff' && nowMs < run.state.finishedAtMs + SHOW_TERMINATED_MS;
}

function terminated(run: ContainerRun): ContainerState {
  if (run.state.kind !== 'exited') return {};
  const { exitCode, reason, message, startedAtMs, finishedAtMs } = run.state;
  return {
    terminated: {
      exitCode,
      reason,
      ...(message === undefined || message === '' ? {} : { message }),
      startedAt: timeText(startedAtMs),
      finishedAt: timeText(finishedAtMs),
      containerID: ID_SCHEME + run.id,
    },
  };
}

/** Every container of a pod with init containers waits for its initialisation, those themselves included. */
function initialWaiting(pod: Pod): WaitingReason {
  return { reason: (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' };
}

function hasCompleted({ run }: ContainerRecord): boolean {
  return run?.state.kind === 'exited' && run.state.exitCode === 0;
}

function isReady(role: ContainerRole, record: ContainerRecord): boolean {
  if (role === 'init') return hasCompleted(record);
  return role !== 'ephemeral' && record.run?.state.kind === 'running' && record.isReady;
}

function resourcesOf({ resources }: Container): { limits?: Record<string, string>; requests?: Record<string, string> } {
  const { limits, requests } = resources ?? {};
  return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
}

function volumeMounts({ volumeMounts: mounts }: Container): { volumeMounts?: VolumeMountStatus[] } {
  if (mounts === undefined || mounts.length === 0) return {};
  const statuses = mounts.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }));
  return { volumeMounts: statuses };
}
