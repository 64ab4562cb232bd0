import type { ContainerStatus, Pod, PodCondition } from '../meta/generated/types.ts';
import { timeText } from '../meta/times.ts';
import { podSpec } from './pod-state.ts';

/** What the conditions are computed from. */
export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: string;
  readonly hasSandbox: boolean;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** The conditions that the API holds: those of others are kept, the times of unchanged ones too. */
  readonly held: readonly PodCondition[];
  readonly nowMs: number;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const isTrue: Verdict = { status: 'True' };

/** All of a pod's conditions in the kubelet's order, then those that others own. */
export function podConditions(input: ConditionInput): PodCondition[] {
  const containersReady = containersReadyVerdict(input);
  const own: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: input.hasSandbox ? 'True' : 'False' }],
    ['Initialized', initializedVerdict(input)],
    ['Ready', readyVerdict(input, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', isTrue],
  ];
  const names = new Set(own.map(([type]) => type));
  return [...own.map(([type, verdict]) => condition(type, verdict, input)), ...input.held.filter(({ type }) => !names.has(type))];
}

/** `lastProbeTime: null` is how the API server writes a time that was never set. */
function condition(type: string, verdict: Verdict, { pod, held, nowMs }: ConditionInput): PodCondition {
  const before = held.find((other) => other.type === type);
  const isSame = before?.status === verdict.status && before.lastTransitionTime !== undefined;
  const generation = pod.metadata.generation;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastProbeTime: null as unknown as string,
    lastTransitionTime: isSame ? (before.lastTransitionTime ?? '') : timeText(nowMs),
    ...verdict,
  };
}

function initializedVerdict({ pod, phase, init, main }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  // What has begun cannot become uninitialised: a sidecar that restarts later does not count.
  if (main.some((status) => status.containerID !== undefined)) return isTrue;
  const specs = podSpec(pod).initContainers ?? [];
  const incomplete = init.filter((status) => {
    const isSidecar = specs.some(({ name, restartPolicy }) => name === status.name && restartPolicy === 'Always');
    return isSidecar ? status.started !== true : !status.ready;
  });
  if (incomplete.length === 0) return isTrue;
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: ${list(incomplete)}` };
}

function containersReadyVerdict({ pod, phase, init, main }: ConditionInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set((podSpec(pod).initContainers ?? []).filter((spec) => spec.restartPolicy === 'Always').map(({ name }) => name));
  const unready = [...init.filter(({ name }) => sidecars.has(name)), ...main].filter(({ ready }) => !ready);
  if (unready.length === 0) return isTrue;
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: ${list(unready)}` };
}

function readyVerdict({ pod, held }: ConditionInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const problems = (podSpec(pod).readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = held.find(({ type }) => type === conditionType);
    if (gate === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return gate.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  return problems.length === 0 ? isTrue : { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

/** `[a b]`, as Go prints a slice. */
function list(statuses: readonly ContainerStatus[]): string {
  return `[${statuses.map(({ name }) => name).join(' ')}]`;
}
