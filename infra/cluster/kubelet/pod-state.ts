import type { Container, ContainerUser, EphemeralContainer, Pod, PodSpec } from '../meta/generated/types.ts';
import type { BackoffEntry } from './restart-backoff.ts';

/** What a container is in its pod: `sidecar` is an init container with restartPolicy Always. */
export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** One run of a container. */
export interface ContainerRun {
  readonly id: string;
  /** Counts restarts from 0. */
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly user?: ContainerUser;
  readonly state: RunState;
}

export type RunState = RunningState | ExitedState;

export interface RunningState {
  readonly kind: 'running';
  readonly startedAtMs: number;
}

export interface ExitedState {
  readonly kind: 'exited';
  /** 0 for a container that could not be started. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
}

/** Why a container does not run though it should. */
export interface WaitingReason {
  readonly reason: string;
  readonly message?: string;
}

/** All that the kubelet remembers of one container. Immutable: the pod's worker replaces it. */
export interface ContainerRecord {
  readonly run?: ContainerRun;
  /** The run before, kept for its logs and its state. */
  readonly previous?: ContainerRun;
  /** The outcome of the last attempt to start it, while that failed. */
  readonly waiting?: WaitingReason;
  /** Not before this time is starting it tried again. */
  readonly retryAtMs?: number;
  readonly crashBackoff?: BackoffEntry;
  /** Its startup probe has passed, or it has none and its postStart hook is done. */
  readonly isStarted: boolean;
  readonly isReady: boolean;
  /** A probe's or hook's verdict: it must be stopped, with these words for the event. */
  readonly stopRequest?: { readonly message: string; readonly graceSeconds?: number };
}

export const emptyRecord: ContainerRecord = { isStarted: false, isReady: false };

export interface PodState {
  readonly sandboxIp?: string;
  readonly containers: ReadonlyMap<string, ContainerRecord>;
  /** Set once the pod must not run any more, whatever its restart policy: refused, past its deadline. */
  readonly failure?: { readonly reason: string; readonly message: string };
  readonly startedAtMs: number;
}

export interface RoledContainer {
  readonly role: ContainerRole;
  readonly container: Container;
}

export function containersOf(pod: Pod): readonly RoledContainer[] {
  const spec = podSpec(pod);
  return [
    ...(spec.initContainers ?? []).map((container) => ({ role: initRole(container), container })),
    ...spec.containers.map((container) => ({ role: 'main' as const, container })),
    ...(spec.ephemeralContainers ?? []).map((container) => ({ role: 'ephemeral' as const, container: asContainer(container) })),
  ];
}

/** A pod without a spec does not get past validation; the types allow it all the same. */
export function podSpec(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

export function recordOf(state: PodState, name: string): ContainerRecord {
  return state.containers.get(name) ?? emptyRecord;
}

/** `spec.containers{main}`: how events name the part of a pod they are about. */
export function containerFieldPath(role: ContainerRole, name: string): string {
  if (role === 'main') return `spec.containers{${name}}`;
  return role === 'ephemeral' ? `spec.ephemeralContainers{${name}}` : `spec.initContainers{${name}}`;
}

function initRole(container: Container): ContainerRole {
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

function asContainer({ targetContainerName: _target, ...container }: EphemeralContainer): Container {
  return container;
}
