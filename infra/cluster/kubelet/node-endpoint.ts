import { Readable } from 'node:stream';
import { RuntimeError, type ClusterRuntime, type ExecSession, type LogLine } from '../../runtime/runtime.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import { badRequest, KubeletRefusal, notFound } from '../meta/status-error.ts';
import { containersOf, recordOf, type ContainerRecord, type ContainerRun } from './pod-state.ts';
import type { PodWorker } from './pod-worker.ts';

/** What the API server asks for by pod: logs, exec, attach, connections, usage. */
export function createNodeEndpoint(runtime: ClusterRuntime, workerOf: (podUid: string) => PodWorker | undefined): KubeletEndpoint {
  const workerFor = (pod: PodRef): PodWorker => {
    const worker = workerOf(pod.uid);
    if (worker === undefined) throw notFound({ group: '', resource: 'pods' }, pod.name);
    return worker;
  };
  const runningId = (pod: PodRef, container: string): string => {
    const { run } = recordOf(workerFor(pod).state, container);
    if (run?.state.kind !== 'running') throw new KubeletRefusal(`container not found ("${container}")`);
    return run.id;
  };
  const requireAddress = (pod: PodRef): void => {
    if (workerFor(pod).state.sandboxIp !== undefined) return;
    throw badRequest(`unable to forward port because pod is not running. Current status=Pending`);
  };
  return {
    logs: async (pod, container, { previous, ...request }): Promise<AsyncIterable<LogLine>> => {
      const worker = workerOf(pod.uid);
      const record = worker === undefined ? undefined : recordOf(worker.state, container);
      return runtime.logs(loggedRun(record, pod, container, previous, worker).id, request);
    },
    exec: async (pod, container, request) => {
      const id = runningId(pod, container);
      try {
        return await runtime.exec(id, request);
      } catch (error) {
        if (error instanceof RuntimeError && error.code === 'InvalidRequest') return refusedSession(error);
        throw error;
      }
    },
    attach: async (pod, container, request) => attachment(await runtime.attach(runningId(pod, container), request)),
    dial: async (pod, port, signal) => {
      requireAddress(pod);
      return runtime.dial(pod.uid, port, signal);
    },
    forward: async (pod, port, signal) => {
      requireAddress(pod);
      return runtime.forward(pod.uid, port, signal);
    },
    stats: async (pod) => {
      const worker = workerOf(pod.uid);
      if (worker === undefined) return [];
      const running = containersOf(worker.pod).flatMap(({ container: { name } }) => {
        const { run } = recordOf(worker.state, name);
        return run?.state.kind === 'running' ? [{ name, id: run.id }] : [];
      });
      const usages = await Promise.all(running.map(async ({ name, id }) => ({ container: name, stats: await runtime.stats(id) })));
      return usages.flatMap(({ container, stats }) => (stats === undefined ? [] : [{ container, stats }]));
    },
  };
}

/** A command that cannot be started is told at the end of a session without output: on a node the connection is upgraded before anybody tries. */
function refusedSession(reason: RuntimeError): ExecSession {
  const exited = Promise.reject(reason);
  // Whoever serves the session listens later.
  exited.catch(() => {});
  return {
    stdin: null,
    stdout: Readable.from([]),
    stderr: null,
    exited,
    resize: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Ends well with the container, however that ended: kubectl reads it from the pod's status and takes a failure here for its own. */
function attachment(session: ExecSession): ExecSession {
  const { stdin, stdout, stderr, exited } = session;
  return {
    stdin,
    stdout,
    stderr,
    exited: exited.then(() => ({ exitCode: 0 })),
    resize: (size) => session.resize(size),
    [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
  };
}

/** The run whose output `kubectl logs` shows, or the kubelet's word for why there is none. */
function loggedRun(
  record: ContainerRecord | undefined,
  pod: PodRef,
  container: string,
  previous: boolean,
  worker: PodWorker | undefined,
): ContainerRun {
  const name = `container "${container}" in pod "${pod.name}"`;
  const { run, waiting } = record ?? {};
  if (previous) {
    const isWaiting = run?.state.kind === 'exited' && waiting !== undefined;
    const last = isWaiting ? run : record?.previous;
    if (last === undefined) throw badRequest(`previous terminated ${name} not found`);
    return last;
  }
  if (run !== undefined) return run;
  const reason = waiting?.reason ?? defaultReason(worker);
  if (reason === 'ErrImagePull') throw badRequest(`${name} is waiting to start: image can't be pulled`);
  if (reason === 'ImagePullBackOff') throw badRequest(`${name} is waiting to start: trying and failing to pull image`);
  throw badRequest(`${name} is waiting to start: ${reason}`);
}

function defaultReason(worker: PodWorker | undefined): string {
  return (worker?.pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
}
