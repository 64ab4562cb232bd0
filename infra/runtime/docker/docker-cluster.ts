import type { Duplex } from 'node:stream';
import type {
  ClusterRuntime,
  ContainerSpec,
  ContainerState,
  ContainerStats,
  ExecRequest,
  ExecSession,
  ImageInfo,
  LogLine,
  LogRequest,
  PodSandbox,
  PodSandboxSpec,
  PodTraffic,
  PullOutcome,
  RuntimeEvent,
  RuntimePod,
  ServiceRoute,
  StartOutcome,
} from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';
import type { ClusterContext } from './cluster-context.ts';
import { ContainerLifecycle } from './container-lifecycle.ts';
import { fetchStats } from './container-usage.ts';
import { dialDirectly, dialInside, isRefused } from './dial.ts';
import type { EngineEvent } from './event-watcher.ts';
import { startAttach, startExec } from './exec-session.ts';
import { readLogs } from './log-reader.ts';
import { forEachBounded } from './bounded.ts';
import { PodSandboxes } from './pod-sandboxes.ts';
import { revivePauses, takeInventory, type Inventory, type PodRecord } from './pod-registry.ts';
import { removeOwned } from './removal.ts';
import { formatSubnet } from './subnets.ts';

const ADOPT_CONCURRENCY = 4;

/** One sandbox on a Docker engine. */
export class DockerCluster implements ClusterRuntime {
  readonly apiListenHost: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsPort?: number;
  readonly #context: ClusterContext;
  readonly #pods: PodSandboxes;
  readonly #containers: ContainerLifecycle;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #isLocal: boolean;
  readonly #onClosed: () => void;
  /** What is being made right now: disposal waits for it, or it would be left behind. */
  readonly #making = new Set<Promise<unknown>>();
  #closed = false;

  /** `onClosed` is called once, when the cluster is detached or disposed. */
  constructor(context: ClusterContext, serviceCidr: string, onClosed: () => void) {
    this.#context = context;
    this.#pods = new PodSandboxes(context);
    this.#containers = new ContainerLifecycle(context, this.#pods);
    this.#isLocal = context.isLocal;
    this.#onClosed = onClosed;
    this.apiListenHost = this.#isLocal ? context.network.gateway : '127.0.0.1';
    this.podCidr = formatSubnet(context.network.subnet);
    this.serviceCidr = serviceCidr;
    if (context.dns !== undefined) this.dnsPort = context.dns.port;
  }

  /** Takes over what an earlier process left running; pods whose pause container stopped are started again first. */
  async adopt(): Promise<Inventory> {
    const { engine, placement } = this.#context;
    const inventory = await takeInventory(engine, placement.ownership);
    await revivePauses(engine, inventory);
    const stopped = new Set(inventory.stoppedPauses);
    // A pod's containers start when its namespace is closed: where none has, it may have been left in between.
    const closed = new Set(inventory.containers.filter(({ hasStarted }) => hasStarted).map(({ podUid }) => podUid));
    const isReady = (pod: PodRecord): boolean => closed.has(pod.podUid) && !stopped.has(pod.pauseId);
    for (const pod of inventory.pods.filter(isReady)) this.#pods.takeOver(pod);
    const others = inventory.pods.filter((pod) => !isReady(pod));
    await forEachBounded(others, ADOPT_CONCURRENCY, (pod) => this.#pods.adopt(pod));
    for (const container of inventory.containers) this.#containers.adopt(container);
    return inventory;
  }

  pullImage(reference: string, signal?: AbortSignal): Promise<PullOutcome> {
    return this.#context.puller.pull(reference, signal);
  }

  getImage(reference: string): Promise<ImageInfo | undefined> {
    return this.#context.puller.get(reference);
  }

  async runPodSandbox(spec: PodSandboxSpec): Promise<PodSandbox> {
    return this.#make(() => this.#pods.run(spec));
  }

  async removePodSandbox(podUid: string): Promise<void> {
    for (const id of await this.#pods.remove(podUid)) this.#containers.forget(id);
  }

  async listPods(): Promise<readonly RuntimePod[]> {
    const { engine, placement } = this.#context;
    const { containers } = await takeInventory(engine, placement.ownership);
    return Promise.all(
      this.#pods.all().map(async ({ podUid, ip, namespace, name }) => {
        const own = containers.filter((container) => container.podUid === podUid);
        const states = own.map(async ({ id, name, attempt }) => ({ id, name, attempt, state: await this.#containers.inspect(id) }));
        return { sandbox: { podUid, ip }, namespace, name, containers: await Promise.all(states) };
      }),
    );
  }

  async createContainer(spec: ContainerSpec): Promise<{ readonly id: string }> {
    return this.#make(() => this.#containers.create(spec));
  }

  startContainer(id: string): Promise<StartOutcome> {
    return this.#containers.start(id);
  }

  stopContainer(id: string, options: { readonly graceSeconds: number; readonly signal?: string }): Promise<void> {
    return this.#containers.stop(id, options);
  }

  removeContainer(id: string): Promise<void> {
    return this.#containers.remove(id);
  }

  inspectContainer(id: string): Promise<ContainerState> {
    return this.#containers.inspect(id);
  }

  subscribe(listener: (event: RuntimeEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  exec(id: string, request: ExecRequest): Promise<ExecSession> {
    return startExec(this.#context.engine, id, request);
  }

  attach(id: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession> {
    return startAttach(this.#context.engine, id, request);
  }

  async *logs(id: string, request: LogRequest): AsyncIterable<LogLine> {
    yield* readLogs(this.#context.engine, id, await this.#containers.hasTty(id), request);
  }

  stats(id: string): Promise<ContainerStats | undefined> {
    return fetchStats(this.#context.engine, id);
  }

  async dial(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    const { ip, pauseId } = this.#pods.require(podUid);
    return this.#isLocal ? dialDirectly(ip, port, signal) : dialInside(this.#context.engine, pauseId, ip, port, signal);
  }

  /** The pod's address is at hand, so that it is tried first; what listens on the loopback only takes a program inside the pod. */
  async forward(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    try {
      return await this.dial(podUid, port, signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return dialInside(this.#context.engine, this.#pods.require(podUid).pauseId, '127.0.0.1', port, signal);
    }
  }

  async programServices(services: readonly ServiceRoute[]): Promise<void> {
    this.#requireOpen();
    // Answers first: whoever knows an address too early is refused, which clients try again.
    this.#context.dns?.setServices(services);
    await this.#context.programmer.setServices(services);
  }

  async programTraffic(traffic: readonly PodTraffic[]): Promise<void> {
    this.#requireOpen();
    await this.#context.programmer.setTraffic(traffic);
  }

  /** One event of the engine that concerns this cluster. */
  handleEvent({ action, containerId, podUid, role }: EngineEvent): void {
    if (role !== 'container') return;
    if (action === 'oom') this.#containers.noteOom(containerId);
    else if (this.#containers.noteExit(containerId)) this.#emit({ kind: 'container-exited', id: containerId, podUid });
  }

  tellLost(reason: string): void {
    this.#emit({ kind: 'runtime-lost', reason });
  }

  tellBack(): void {
    this.#emit({ kind: 'runtime-back' });
  }

  /** Catches up with what happened while no events came. */
  async resync(): Promise<void> {
    const { engine, placement } = this.#context;
    const inventory = await takeInventory(engine, placement.ownership);
    const stopped = new Set(inventory.stoppedPauses);
    await revivePauses(engine, inventory);
    await forEachBounded(
      inventory.pods.filter((pod) => stopped.has(pod.pauseId)),
      ADOPT_CONCURRENCY,
      (pod) => this.#pods.adopt(pod),
    );
    const podOf = new Map(inventory.containers.map((container) => [container.id, container.podUid]));
    const running = new Set(inventory.containers.filter((container) => container.running).map((container) => container.id));
    for (const id of this.#containers.missedExits(running)) {
      this.#containers.noteExit(id);
      this.#emit({ kind: 'container-exited', id, podUid: podOf.get(id) ?? '' });
    }
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  async #make<T>(make: () => Promise<T>): Promise<T> {
    this.#requireOpen();
    const making = make();
    this.#making.add(making);
    try {
      return await making;
    } finally {
      this.#making.delete(making);
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new RuntimeError('InvalidRequest', 'This cluster runtime is closed.');
  }

  async detach(): Promise<void> {
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await Promise.allSettled(this.#making);
    await removeOwned(this.#context.engine, this.#context.placement.ownership);
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#onClosed();
    await this.#context.dns?.[Symbol.asyncDispose]();
  }
}
