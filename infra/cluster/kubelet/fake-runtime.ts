import { PassThrough, Readable, type Duplex } from 'node:stream';
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
} from '../../runtime/runtime.ts';
import type { Clock } from '../meta/clock.ts';

/** What a container of the fake does once started. */
export interface FakeBehaviour {
  readonly startError?: string;
  /** Ends by itself after so long; undefined runs until stopped. */
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** How long it takes to obey SIGTERM; Infinity ignores it until SIGKILL. */
  readonly stopsAfterMs?: number;
  readonly output?: readonly string[];
  readonly exec?: (command: readonly string[]) => { readonly exitCode: number; readonly stdout?: string };
}

interface FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly behaviour: FakeBehaviour;
  state: ContainerState;
  timers: Disposable[];
  waiters: (() => void)[];
  output: LogLine[];
}

/**
 * A container runtime in memory, on the injected clock: containers start, obey or ignore signals, end, are killed for memory, cannot
 * start, print and answer exec as a test scripts them. Keeps to the port's promises: every call may be repeated.
 */
export class FakeRuntime implements ClusterRuntime {
  readonly apiListenHost = '127.0.0.1';
  readonly podCidr = '10.64.0.0/16';
  readonly serviceCidr = '10.96.0.0/16';
  /** In order, what was asked of the runtime; e.g. `start main#0`. */
  readonly calls: string[] = [];
  /** The images that can be pulled; those in `present` need no pull. */
  readonly images = new Set<string>();
  readonly present = new Set<string>();
  readonly specs: ContainerSpec[] = [];
  readonly sandboxes: PodSandboxSpec[] = [];
  routes: readonly ServiceRoute[] = [];
  traffic: readonly PodTraffic[] = [];
  behaviour: (spec: ContainerSpec) => FakeBehaviour = () => ({});
  onDial: (podUid: string, port: number) => Promise<Duplex> = async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  failNext: { readonly call: string; readonly error: Error } | undefined;
  readonly #clock: Clock;
  readonly #pods = new Map<string, { readonly spec: PodSandboxSpec; readonly sandbox: PodSandbox }>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #nextIp = 1;
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async pullImage(reference: string): Promise<PullOutcome> {
    this.#note('pull', reference);
    if (this.images.has(reference) || this.present.has(reference)) {
      this.present.add(reference);
      return { kind: 'pulled', image: imageInfo(reference), tookMs: 120 };
    }
    const message = `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;
    return { kind: 'failed', reason: 'NotFound', message };
  }

  async getImage(reference: string): Promise<ImageInfo | undefined> {
    return this.present.has(reference) ? imageInfo(reference) : undefined;
  }

  async runPodSandbox(spec: PodSandboxSpec): Promise<PodSandbox> {
    this.#note('sandbox', spec.name);
    const held = this.#pods.get(spec.podUid);
    if (held !== undefined) return held.sandbox;
    const sandbox = { podUid: spec.podUid, ip: `10.64.${Math.floor((this.#nextIp - 1) / 250)}.${((this.#nextIp - 1) % 250) + 1}` };
    this.#nextIp += 1;
    this.sandboxes.push(spec);
    this.#pods.set(spec.podUid, { spec, sandbox });
    return sandbox;
  }

  async removePodSandbox(podUid: string): Promise<void> {
    this.#note('remove-sandbox', this.#pods.get(podUid)?.spec.name ?? podUid);
    for (const container of [...this.#containers.values()]) {
      if (container.spec.podUid !== podUid) continue;
      this.#end(container, { exitCode: 137, oomKilled: false });
      this.#containers.delete(container.id);
    }
    this.#pods.delete(podUid);
  }

  async listPods(): Promise<readonly RuntimePod[]> {
    return [...this.#pods.values()].map(({ spec, sandbox }) => ({
      sandbox,
      namespace: spec.namespace,
      name: spec.name,
      containers: [...this.#containers.values()]
        .filter((container) => container.spec.podUid === spec.podUid)
        .map(({ id, spec: { name, attempt }, state }) => ({ id, name, attempt, state })),
    }));
  }

  async createContainer(spec: ContainerSpec): Promise<{ readonly id: string }> {
    this.#note('create', `${spec.name}#${spec.attempt}`);
    if (!this.#pods.has(spec.podUid)) throw new RuntimeError('UnknownPod', `no sandbox for pod ${spec.podUid}`);
    const held = [...this.#containers.values()].find(
      (other) => other.spec.podUid === spec.podUid && other.spec.name === spec.name && other.spec.attempt === spec.attempt,
    );
    if (held !== undefined) return { id: held.id };
    const id = (this.#nextId++).toString(16).padStart(64, '0');
    this.specs.push(spec);
    const behaviour = this.behaviour(spec);
    this.#containers.set(id, { id, spec, behaviour, state: { kind: 'created' }, timers: [], waiters: [], output: [] });
    return { id };
  }

  async startContainer(id: string): Promise<StartOutcome> {
    const container = this.#require(id);
    this.#note('start', labelOf(container));
    const { behaviour } = container;
    const startedAt = new Date(this.#clock.now());
    if (behaviour.startError !== undefined) return { kind: 'failed', message: behaviour.startError };
    container.state = { kind: 'running', startedAt, pid: 4242 };
    container.output = (behaviour.output ?? []).map((text) => ({ at: startedAt, stream: 'stdout', text: Buffer.from(text) }));
    if (behaviour.exitAfterMs !== undefined) {
      const { exitCode = 0, oomKilled = false } = behaviour;
      container.timers.push(this.#clock.after(behaviour.exitAfterMs, () => this.#end(container, { exitCode, oomKilled })));
    }
    return { kind: 'started' };
  }

  async stopContainer(id: string, options: { readonly graceSeconds: number; readonly signal?: string }): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#note('stop', `${labelOf(container)} ${options.signal ?? 'SIGTERM'} ${options.graceSeconds}s`);
    if (container.state.kind !== 'running') return;
    const obeysAfterMs = container.behaviour.stopsAfterMs ?? 0;
    const graceMs = options.graceSeconds * 1000;
    const ended = new Promise<void>((resolve) => container.waiters.push(resolve));
    if (obeysAfterMs <= graceMs)
      container.timers.push(this.#clock.after(obeysAfterMs, () => this.#end(container, { exitCode: 143, oomKilled: false })));
    else container.timers.push(this.#clock.after(graceMs, () => this.#end(container, { exitCode: 137, oomKilled: false })));
    await ended;
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#note('remove', labelOf(container));
    this.#end(container, { exitCode: 137, oomKilled: false });
    this.#containers.delete(id);
  }

  async inspectContainer(id: string): Promise<ContainerState> {
    return this.#containers.get(id)?.state ?? { kind: 'absent' };
  }

  subscribe(listener: (event: RuntimeEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async exec(id: string, request: ExecRequest): Promise<ExecSession> {
    const container = this.#require(id);
    this.#note('exec', `${labelOf(container)} ${request.command.join(' ')}`);
    const answer = container.behaviour.exec?.(request.command) ?? { exitCode: 0 };
    return fakeSession(answer.stdout ?? '', answer.exitCode, request);
  }

  async attach(id: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession> {
    this.#note('attach', labelOf(this.#require(id)));
    return fakeSession('', 0, request);
  }

  async *logs(id: string, request: LogRequest): AsyncGenerator<LogLine> {
    const { output } = this.#require(id);
    yield* request.tailLines === undefined ? output : output.slice(output.length - Math.min(request.tailLines, output.length));
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    if (this.#containers.get(id)?.state.kind !== 'running') return undefined;
    return { at: new Date(this.#clock.now()), cpuNanoseconds: 1_000_000, memoryWorkingSetBytes: 1_048_576 };
  }

  dial(podUid: string, port: number): Promise<Duplex> {
    return this.onDial(podUid, port);
  }

  forward(podUid: string, port: number): Promise<Duplex> {
    return this.onDial(podUid, port);
  }

  async programServices(services: readonly ServiceRoute[]): Promise<void> {
    this.#note('program', services.map((service) => service.name).join(','));
    this.routes = services;
  }

  async programTraffic(traffic: readonly PodTraffic[]): Promise<void> {
    this.traffic = traffic;
  }

  async detach(): Promise<void> {
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const podUid of [...this.#pods.keys()]) await this.removePodSandbox(podUid);
  }

  /** Ends the newest running container of that name, as if by itself. */
  crash(name: string, exitCode: number, oomKilled = false): void {
    const container = [...this.#containers.values()].findLast((other) => other.spec.name === name && other.state.kind === 'running');
    if (container === undefined) throw new Error(`no running container ${name}`);
    this.#end(container, { exitCode, oomKilled });
  }

  emit(event: RuntimeEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  running(): readonly string[] {
    return [...this.#containers.values()].filter(({ state }) => state.kind === 'running').map(labelOf);
  }

  #require(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new RuntimeError('UnknownContainer', `no container ${id}`);
    return container;
  }

  #note(call: string, what: string): void {
    this.calls.push(`${call} ${what}`);
    const failing = this.failNext;
    if (failing === undefined || failing.call !== call) return;
    this.failNext = undefined;
    throw failing.error;
  }

  #end(container: FakeContainer, how: { readonly exitCode: number; readonly oomKilled: boolean }): void {
    if (container.state.kind !== 'running') return;
    const { startedAt } = container.state;
    container.state = { kind: 'exited', startedAt, finishedAt: new Date(this.#clock.now()), ...how };
    for (const timer of container.timers.splice(0)) timer[Symbol.dispose]();
    for (const waiter of container.waiters.splice(0)) waiter();
    this.emit({ kind: 'container-exited', id: container.id, podUid: container.spec.podUid });
  }
}

function labelOf({ spec }: { readonly spec: ContainerSpec }): string {
  return `${spec.name}#${spec.attempt}`;
}

function imageInfo(reference: string): ImageInfo {
  return { reference, id: `sha256:${Buffer.from(reference).toString('hex').padEnd(64, '0').slice(0, 64)}`, sizeBytes: 1000, user: '' };
}

function fakeSession(stdout: string, exitCode: number, request: { readonly tty: boolean; readonly stdin: boolean }): ExecSession {
  return {
    stdin: request.stdin ? new PassThrough() : null,
    stdout: Readable.from(stdout === '' ? [] : [Buffer.from(stdout)]),
    stderr: request.tty ? null : Readable.from([]),
    resize: async () => {},
    exited: Promise.resolve({ exitCode }),
    [Symbol.asyncDispose]: async () => {},
  };
}
