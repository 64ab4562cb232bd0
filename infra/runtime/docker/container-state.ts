import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerState } from '../runtime.ts';

/** Kubernetes' exit code of a container that never got to run. */
const START_ERROR_EXIT_CODE = 128;
const SIGKILL_EXIT_CODE = 137;

type EngineState = Pick<
  ContainerInspectInfo['State'],
  'Status' | 'Running' | 'OOMKilled' | 'Pid' | 'ExitCode' | 'Error' | 'StartedAt' | 'FinishedAt'
>;

/**
 * The engine's state in the port's words. `oomSeen` tells that the engine reported an OOM kill in this container: its flag may still
 * lag behind the exit. The kernel may have killed a child while process 1 lived on and ended otherwise; then it is no OOM kill.
 */
export function toContainerState(state: EngineState, created: Date, oomSeen: boolean): ContainerState {
  if (state.Running || state.Status === 'paused') return { kind: 'running', startedAt: new Date(state.StartedAt), pid: state.Pid };
  if (state.Status === 'created') return state.Error === '' ? { kind: 'created' } : startFailure(created, state.Error);
  const [startedAt, finishedAt] = [dateOr(state.StartedAt, created), dateOr(state.FinishedAt, created)];
  return {
    kind: 'exited',
    startedAt,
    // The engine stamps the start after the process began: one that ended at once has an end a millisecond before it.
    finishedAt: finishedAt < startedAt ? startedAt : finishedAt,
    exitCode: state.ExitCode,
    oomKilled: state.ExitCode === SIGKILL_EXIT_CODE && (state.OOMKilled || oomSeen),
    ...(state.Error === '' ? {} : { message: startErrorMessage(state.Error) }),
  };
}

function startFailure(at: Date, error: string): ContainerState {
  return {
    kind: 'exited',
    startedAt: at,
    finishedAt: at,
    exitCode: START_ERROR_EXIT_CODE,
    oomKilled: false,
    message: startErrorMessage(error),
  };
}

/** The engine writes the year 1 for "never". */
function dateOr(text: string, fallback: Date): Date {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1971 ? fallback : date;
}

/** Docker's words for a process that could not be started, as the kubelet reports them from containerd. */
export function startErrorMessage(error: string): string {
  const cause = /OCI runtime create failed: (?:runc create failed: )?(.*)$/s.exec(error)?.[1] ?? error;
  const process = cause.replace(/^container_linux\.go:\d+: starting container process caused: /, 'unable to start container process: ');
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ${process.trim()}`;
}
