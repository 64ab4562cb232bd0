import type { ClusterRuntime } from '../../../runtime/runtime.ts';
import type { Clock } from '../../meta/clock.ts';
import type { Container, LifecycleHandler, Probe } from '../../meta/generated/types.ts';
import { messageOf } from '../../client/api-errors.ts';
import { runCommand } from './exec-command.ts';
import { probeGrpc } from './grpc-probe.ts';
import { probeHttp } from './http-probe.ts';
import { dialFailure, failure, type ProbeOutcome } from './probe-outcome.ts';

export interface ProbeTarget {
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly podUid: string;
  readonly podIp: string;
  readonly container: Container;
  readonly containerId: string;
}

/** Looks once, within the timeout. Never throws. */
export async function runProbe(action: Probe | LifecycleHandler, target: ProbeTarget, timeoutMs: number): Promise<ProbeOutcome> {
  const stop = new AbortController();
  using _timer = target.clock.after(timeoutMs, () => stop.abort());
  try {
    return await look(action, target, timeoutMs, stop.signal);
  } catch (error) {
    return { kind: 'unknown', message: messageOf(error) };
  } finally {
    stop.abort();
  }
}

async function look(action: Probe | LifecycleHandler, target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeOutcome> {
  const { runtime, podUid, podIp, container, containerId } = target;
  if (action.exec !== undefined) {
    const command = action.exec.command ?? [];
    const outcome = await runCommand(runtime, containerId, command, signal);
    if (outcome.kind === 'timed-out') return failure(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
    return outcome.exitCode === 0 ? { kind: 'success' } : failure(outcome.output);
  }
  if (action.httpGet !== undefined) {
    const port = portNumber(action.httpGet.port, container);
    if (port === undefined) return { kind: 'unknown', message: `couldn't find port: "${action.httpGet.port}"` };
    return probeHttp({ action: action.httpGet, podIp, port, dial: (abort) => runtime.dial(podUid, port, abort) }, signal);
  }
  if (action.tcpSocket !== undefined) {
    const port = portNumber(action.tcpSocket.port, container);
    if (port === undefined) return { kind: 'unknown', message: `couldn't find port: "${action.tcpSocket.port}"` };
    return probeTcp(target, port, signal);
  }
  const grpc = 'grpc' in action ? action.grpc : undefined;
  if (grpc !== undefined) {
    const { port, service = '' } = grpc;
    return probeGrpc({ podIp, port, service, dial: (abort) => runtime.dial(podUid, port, abort) }, signal);
  }
  return { kind: 'unknown', message: 'no handler specified' };
}

async function probeTcp({ runtime, podUid, podIp }: ProbeTarget, port: number, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    const socket = await runtime.dial(podUid, port, signal);
    socket.on('error', () => {});
    socket.destroy();
    return { kind: 'success' };
  } catch (error) {
    return failure(signal.aborted ? `dial tcp ${podIp}:${port}: i/o timeout` : dialFailure(error, `${podIp}:${port}`));
  }
}

/** A port by number or by the name that the container gives it. */
function portNumber(port: string | number, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}
