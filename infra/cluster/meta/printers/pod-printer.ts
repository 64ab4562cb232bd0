import { isConditionTrue } from '../condition.ts';
import type { ContainerState, ContainerStateTerminated, ContainerStatus, Pod, TableRowCondition } from '../generated/types.ts';
import { isPodReady, isPodTerminal, isSidecar } from '../pod-status.ts';
import { age, none, since, type Cell, type PrintedRow } from './row.ts';

/** What STATUS, READY and RESTARTS of a pod show, by the rules of Kubernetes' printPod. */
export interface PodSummary {
  readonly status: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** When a container last ended that was then started again. */
  readonly lastRestart?: string;
}

/** Tallies restarts and the latest end of a run before the present one. */
class Restarts {
  count = 0;
  last: string | undefined;

  add(status: ContainerStatus): void {
    this.count += status.restartCount;
    const finishedAt = status.lastState?.terminated?.finishedAt;
    if (finishedAt !== undefined && (this.last === undefined || finishedAt > this.last)) this.last = finishedAt;
  }
}

export function summarizePod(pod: Pod): PodSummary {
  const inits = pod.spec?.initContainers ?? [];
  const init = initSummary(pod);
  const total = (pod.spec?.containers.length ?? 0) + inits.filter(isSidecar).length;
  const initialized = init.status === undefined || isConditionTrue(pod.status?.conditions, 'Initialized');
  const main = initialized ? mainSummary(pod, init.sidecarRestarts) : undefined;
  const status = main?.status ?? init.status ?? phaseReason(pod);
  const { count, last } = main?.restarts ?? init.restarts;
  return {
    status: deletionStatus(pod) ?? status,
    ready: init.readySidecars + (main?.ready ?? 0),
    total,
    restarts: count,
    ...(last !== undefined && { lastRestart: last }),
  };
}

function phaseReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  if (gated === true) return 'SchedulingGated';
  return pod.status?.reason ?? pod.status?.phase ?? '';
}

function deletionStatus(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return isPodTerminal(pod) ? undefined : 'Terminating';
}

interface InitSummary {
  /** Undefined once nothing holds the pod up. */
  readonly status: string | undefined;
  readonly restarts: Restarts;
  readonly sidecarRestarts: Restarts;
  readonly readySidecars: number;
}

function initSummary(pod: Pod): InitSummary {
  const inits = pod.spec?.initContainers ?? [];
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  let readySidecars = 0;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = inits.some((container) => container.name === status.name && isSidecar(container));
    restarts.add(status);
    if (sidecar) sidecarRestarts.add(status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) readySidecars += 1;
      continue;
    }
    return { status: initStatus(status.state ?? {}, index, inits.length), restarts, sidecarRestarts, readySidecars };
  }
  return { status: undefined, restarts, sidecarRestarts, readySidecars };
}

function initStatus({ terminated, waiting }: ContainerState, index: number, total: number): string {
  if (terminated !== undefined) return `Init:${terminatedText(terminated)}`;
  const reason = waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${index}/${total}`;
}

function terminatedText({ reason, signal, exitCode }: ContainerStateTerminated): string {
  if (reason !== undefined && reason !== '') return reason;
  return signal !== undefined && signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

/** The first container that has something to say wins, hence the walk from the last. */
function mainSummary(pod: Pod, sidecarRestarts: Restarts): { status: string; ready: number; restarts: Restarts } {
  let status = phaseReason(pod);
  let ready = 0;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    sidecarRestarts.add(container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') status = waiting.reason;
    else if (terminated !== undefined) status = terminatedText(terminated);
    else if (container.ready && running !== undefined) ready += 1;
  }
  if (status === 'Completed' && ready > 0) status = isPodReady(pod) ? 'Running' : 'NotReady';
  return { status, ready, restarts: sidecarRestarts };
}

const endConditions: Readonly<Record<string, TableRowCondition>> = {
  Succeeded: { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  Failed: { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
};

export function printPod(pod: Pod, nowMs: number): PrintedRow {
  const { status, ready, total, restarts, lastRestart } = summarizePod(pod);
  const restartsText = restarts > 0 && lastRestart !== undefined ? `${restarts} (${since(lastRestart, nowMs)} ago)` : String(restarts);
  const cells: Cell[] = [
    pod.metadata.name,
    `${ready}/${total}`,
    status,
    restartsText,
    age(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip ?? none,
    pod.spec?.nodeName ?? none,
    pod.status?.nominatedNodeName ?? none,
    readinessGates(pod),
  ];
  const condition = endConditions[pod.status?.phase ?? ''];
  return condition === undefined ? { cells } : { cells, conditions: [condition] };
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return none;
  const open = gates.filter(({ conditionType }) => isConditionTrue(pod.status?.conditions, conditionType));
  return `${open.length}/${gates.length}`;
}
