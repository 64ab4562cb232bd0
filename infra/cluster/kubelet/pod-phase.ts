import type { ContainerStatus, Pod } from '../meta/generated/types.ts';
import { podSpec } from './pod-state.ts';

/**
 * The pod's phase from its containers' statuses, after the kubelet's getPhase. `isOver` says that every container has ended for good,
 * which alone lets a pod with restartPolicy Always end.
 */
export function podPhase(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[], isOver: boolean): string {
  const { restartPolicy = 'Always', initContainers = [] } = podSpec(pod);
  const sidecars = new Set(initContainers.filter((container) => container.restartPolicy === 'Always').map(({ name }) => name));
  const initStates = init.map((status) => initProgress(status, sidecars.has(status.name)));
  if (initStates.includes('failed') && restartPolicy === 'Never') return 'Failed';
  const hasMainBegun = main.some(({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined);
  if (!hasMainBegun && initStates.some((progress) => progress !== 'done')) return 'Pending';
  const isWaiting = ({ state, lastState }: ContainerStatus): boolean => state?.waiting !== undefined && lastState?.terminated === undefined;
  if (main.some(isWaiting)) return 'Pending';
  if (main.some(({ state }) => state?.running !== undefined)) return 'Running';
  const haveAllSucceeded = main.every(({ state }) => state?.terminated?.exitCode === 0);
  if (isOver) return haveAllSucceeded ? 'Succeeded' : 'Failed';
  if (restartPolicy === 'Always') return 'Running';
  if (haveAllSucceeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function initProgress({ state, lastState, started }: ContainerStatus, isSidecar: boolean): 'done' | 'pending' | 'failed' {
  if (isSidecar) return state?.running !== undefined && started === true ? 'done' : 'pending';
  const ended = state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated);
  if (ended === undefined) return 'pending';
  return ended.exitCode === 0 ? 'done' : 'failed';
}
