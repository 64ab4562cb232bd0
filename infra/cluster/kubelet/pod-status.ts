import { withCondition } from '../meta/condition.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../meta/generated/types.ts';
import { timeText } from '../meta/times.ts';
import { containerStatus } from './container-status.ts';
import { podConditions } from './pod-conditions.ts';
import { podPhase } from './pod-phase.ts';
import { containersOf, type ContainerRole, type PodState } from './pod-state.ts';

export interface StatusInput {
  readonly state: PodState;
  readonly hostIp: string;
  /** The plan says that nothing will run again, and nothing runs. */
  readonly isOver: boolean;
  readonly nowMs: number;
}

/**
 * The status of a pod as the kubelet reports it. `pod` is the API's present object: its conditions' times, its start time and what
 * others wrote into its status are kept. A pod that has ended stays ended.
 */
export function computePodStatus(pod: Pod, input: StatusInput): PodStatus {
  const { state, hostIp, isOver, nowMs } = input;
  const all = containersOf(pod);
  const statusesOf = (...roles: readonly ContainerRole[]): ContainerStatus[] =>
    all.filter(({ role }) => roles.includes(role)).map((each) => containerStatus(each, pod, state, nowMs));
  const init = statusesOf('init', 'sidecar');
  const main = statusesOf('main').sort((a, b) => (a.name < b.name ? -1 : 1));
  const ephemeral = statusesOf('ephemeral').sort((a, b) => (a.name < b.name ? -1 : 1));
  const held = pod.status ?? {};
  const hasEnded = held.phase === 'Failed' || held.phase === 'Succeeded';
  const { sandboxIp } = state;
  const isRunning = [...state.containers.values()].some(({ run }) => run?.state.kind === 'running');
  // As in Kubernetes a pod has not failed while anything of it runs: its place is not free yet.
  const failure = isRunning && !isOver ? undefined : state.failure;
  const phase = hasEnded ? (held.phase ?? '') : failure === undefined ? podPhase(pod, init, main, isOver) : 'Failed';
  return {
    ...heldByOthers(held),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(failure ?? {}),
    conditions: podConditions({
      pod,
      phase,
      hasSandbox: sandboxIp !== undefined && !isOver,
      init,
      main,
      held:
        failure?.reason === 'Evicted'
          ? withCondition(held.conditions, evicted(pod, failure.message), timeText(nowMs))
          : (held.conditions ?? []),
      nowMs,
    }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(sandboxIp === undefined ? {} : { podIP: sandboxIp, podIPs: [{ ip: sandboxIp }] }),
    startTime: held.startTime ?? timeText(state.startedAtMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
  };
}

/** Fields that the API server or the scheduler wrote, and the words of an end that has been told already. */
function heldByOthers(held: PodStatus): PodStatus {
  const { qosClass, nominatedNodeName, reason, message, podIP, podIPs, resources, allocatedResources } = held;
  return {
    ...(qosClass === undefined ? {} : { qosClass }),
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(podIP === undefined ? {} : { podIP }),
    ...(podIPs === undefined ? {} : { podIPs }),
    ...(resources === undefined ? {} : { resources }),
    ...(allocatedResources === undefined ? {} : { allocatedResources }),
  };
}

/** Tells the pod's owner that it was the node that ended it. */
function evicted({ metadata: { generation } }: Pod, message: string): PodCondition {
  const origin = generation === undefined ? {} : { observedGeneration: generation };
  const reason = 'TerminationByKubelet';
  return { type: 'DisruptionTarget', ...origin, status: 'True', lastProbeTime: null as unknown as string, reason, message };
}
