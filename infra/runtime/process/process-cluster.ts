import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  RuntimeError,
  type ClusterRuntime,
  type ContainerSpec,
  type ContainerState,
  type ContainerStats,
  type ExecRequest,
  type ExecSession,
  type ImageInfo,
  type LogLine,
  type LogRequest,
  type PodSandbox,
  type PodSandboxSpec,
  type PodTraffic,
  type PullOutcome,
  type RuntimeEvent,
  type RuntimePod,
  type ServiceRoute,
  type StartOutcome,
} from '../runtime.ts';
import { CriDecoder } from './cri-log.ts';
import { FrameDecoder, frameKind } from './frames.ts';
import { findImageInfo, findWireImage, resolvePull } from './image-resolution.ts';
import { openSession } from './stream-session.ts';
import { loopbackOf } from './supervisor/address-blocks.ts';
import { toRuntimeError, type SupervisorClient, type SupervisorEvent } from './supervisor-client.ts';
import type { WireError, WireState } from './wire.ts';

const DIAL_TIMEOUT_MS = 10_000;

/** One cluster as the supervisor runs it. All state is the supervisor's; this only speaks to it. */
export class ProcessCluster implements ClusterRuntime {
  readonly apiListenHost = '127.0.0.1';
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsPort: number;
  readonly clusterId: string;
  readonly containerRootId?: number;
  readonly #client: SupervisorClient;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #events: Disposable;
  readonly #onClosed: () => void;
  readonly #ips = new Map<string, string>();
  #services: readonly ServiceRoute[] = [];
  #traffic: readonly PodTraffic[] = [];

  constructor(options: {
    readonly client: SupervisorClient;
    readonly clusterId: string;
    readonly podCidr: string;
    readonly serviceCidr: string;
    readonly dnsPort: number;
    readonly containerRootId: number | undefined;
    readonly onClosed: () => void;
  }) {
    this.#client = options.client;
    this.clusterId = options.clusterId;
    this.podCidr = options.podCidr;
    this.serviceCidr = options.serviceCidr;
    this.dnsPort = options.dnsPort;
    if (options.containerRootId !== undefined) this.containerRootId = options.containerRootId;
    this.#onClosed = options.onClosed;
    this.#events = this.#client.subscribe((event) => this.#receive(event));
  }

  async pullImage(reference: string): Promise<PullOutcome> {
    return resolvePull(reference);
  }

  async getImage(reference: string): Promise<ImageInfo | undefined> {
    return findImageInfo(reference);
  }

  async runPodSandbox(spec: PodSandboxSpec): Promise<PodSandbox> {
    const sandbox = await this.#client.call('runPodSandbox', { clusterId: this.clusterId, spec });
    this.#ips.set(sandbox.podUid, sandbox.ip);
    return sandbox;
  }

  async removePodSandbox(podUid: string): Promise<void> {
    await this.#client.call('removePodSandbox', { clusterId: this.clusterId, podUid });
    this.#ips.delete(podUid);
  }

  async listPods(): Promise<readonly RuntimePod[]> {
    const pods = await this.#client.call('listPods', { clusterId: this.clusterId });
    for (const { sandbox } of pods) this.#ips.set(sandbox.podUid, sandbox.ip);
    return pods.map((pod) => ({
      ...pod,
      containers: pod.containers.map((container) => ({ ...container, state: toState(container.state) })),
    }));
  }

  async createContainer(spec: ContainerSpec): Promise<{ readonly id: string }> {
    const image = findWireImage(spec.image);
    if (image === undefined) throw new RuntimeError('InvalidRequest', `The image ${spec.image} is not here.`);
    return this.#client.call('createContainer', { clusterId: this.clusterId, spec, image });
  }

  async startContainer(id: string): Promise<StartOutcome> {
    const { failure } = await this.#client.call('startContainer', { id });
    return failure === undefined ? { kind: 'started' } : { kind: 'failed', message: failure };
  }

  async stopContainer(id: string, options: { readonly graceSeconds: number; readonly signal?: string }): Promise<void> {
    await this.#client.call('stopContainer', { id, ...options });
  }

  async removeContainer(id: string): Promise<void> {
    await this.#client.call('removeContainer', { id });
  }

  async inspectContainer(id: string): Promise<ContainerState> {
    return toState(await this.#client.call('inspectContainer', { id }));
  }

  subscribe(listener: (event: RuntimeEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async exec(id: string, request: ExecRequest): Promise<ExecSession> {
    if (request.command.length === 0) throw new RuntimeError('InvalidRequest', 'An exec needs a command.');
    return openSession(await this.#client.openStream({ stream: 'exec', id, request }), request);
  }

  async attach(id: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession> {
    return openSession(await this.#client.openStream({ stream: 'attach', id, ...request }), request);
  }

  async *logs(id: string, request: LogRequest): AsyncGenerator<LogLine> {
    const { follow, tailLines, since, limitBytes = Number.POSITIVE_INFINITY, signal } = request;
    const wanted = {
      follow,
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(since === undefined ? {} : { sinceMs: since.getTime() }),
    };
    const socket = await this.#client.openStream({ stream: 'logs', id, request: wanted });
    const abort = (): void => void socket.destroy();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    try {
      let room = limitBytes;
      for await (const line of readLines(socket)) {
        if (line.text.length >= room) {
          if (room > 0) yield { ...line, text: line.text.subarray(0, room) };
          return;
        }
        room -= line.text.length + 1;
        yield line;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      socket.destroy();
    }
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    const stats = await this.#client.call('stats', { id });
    if (stats === null) return undefined;
    return { at: new Date(stats.atMs), cpuNanoseconds: stats.cpuNanoseconds, memoryWorkingSetBytes: stats.memoryWorkingSetBytes };
  }

  async dial(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return connectTcp(await this.#requireIp(podUid), port, signal);
  }

  async #requireIp(podUid: string): Promise<string> {
    const ip = this.#ips.get(podUid) ?? (await this.listPods()).find(({ sandbox }) => sandbox.podUid === podUid)?.sandbox.ip;
    if (ip === undefined) throw new RuntimeError('UnknownPod', `There is no sandbox for pod ${podUid}.`);
    return ip;
  }

  /** What listens on all addresses listens on the pod's own here. */
  async forward(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    const ip = await this.#requireIp(podUid);
    try {
      return await connectTcp(ip, port, signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return connectTcp(loopbackOf(ip), port, signal);
    }
  }

  async programServices(services: readonly ServiceRoute[]): Promise<void> {
    this.#services = services;
    await this.#client.call('programServices', { clusterId: this.clusterId, services });
  }

  async programTraffic(traffic: readonly PodTraffic[]): Promise<void> {
    this.#traffic = traffic;
    await this.#client.call('programTraffic', { clusterId: this.clusterId, traffic });
  }

  /** Opens the cluster in a supervisor that has just started and knows nothing of it. */
  async reopen(client: SupervisorClient): Promise<void> {
    await client.call('openCluster', { clusterId: this.clusterId, dnsPort: this.dnsPort });
    await client.call('programServices', { clusterId: this.clusterId, services: this.#services });
    await client.call('programTraffic', { clusterId: this.clusterId, traffic: this.#traffic });
  }

  async detach(): Promise<void> {
    this.#events[Symbol.dispose]();
    this.#listeners.clear();
    this.#onClosed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
    await this.#client.call('closeCluster', { clusterId: this.clusterId });
  }

  #receive(event: SupervisorEvent): void {
    const told = toRuntimeEvent(event, this.clusterId);
    if (told === undefined) return;
    for (const listener of this.#listeners) listener(told);
  }
}

function toRuntimeEvent(event: SupervisorEvent, clusterId: string): RuntimeEvent | undefined {
  switch (event.event) {
    case 'container-exited':
      return event.clusterId === clusterId ? { kind: 'container-exited', id: event.id, podUid: event.podUid } : undefined;
    case 'lost':
      return { kind: 'runtime-lost', reason: event.reason };
    case 'back':
      return { kind: 'runtime-back' };
  }
}

export function toState(state: WireState): ContainerState {
  switch (state.kind) {
    case 'absent':
    case 'created':
      return state;
    case 'running':
      return { kind: 'running', startedAt: new Date(state.startedAtMs), pid: state.pid };
    case 'exited': {
      const { startedAtMs, finishedAtMs, ...others } = state;
      return { ...others, startedAt: new Date(startedAtMs), finishedAt: new Date(finishedAtMs) };
    }
  }
}

async function* readLines(socket: Socket): AsyncGenerator<LogLine> {
  const lines = new CriDecoder();
  const payloads: Buffer[] = [];
  const frames = new FrameDecoder((kind, payload) => {
    if (kind === frameKind.error) throw toRuntimeError(JSON.parse(payload.toString('utf8')) as WireError);
    if (kind === frameKind.stdout) payloads.push(Buffer.from(payload));
  });
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      frames.push(chunk);
      for (const payload of payloads.splice(0)) yield* lines.push(payload);
    }
  } catch (error) {
    // An aborted follow ends like one whose container ended.
    if (error instanceof RuntimeError) throw error;
  }
}

function connectTcp(host: string, port: number, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, timeout: DIAL_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) });
    socket.once('timeout', () => socket.destroy(new Error(`connect to ${host}:${port} timed out`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
