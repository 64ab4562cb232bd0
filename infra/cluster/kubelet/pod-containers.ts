import type { ContainerState } from '../../runtime/runtime.ts';
import type { EventType } from '../client/event-recorder.ts';
import type { Container, Pod } from '../meta/generated/types.ts';
import { exitedState, lostState } from './adopt-pod.ts';
import { crashLoopMessage } from './container-status.ts';
import { startContainer } from './container-starter.ts';
import { messages } from './event-messages.ts';
import type { PodPlace } from './field-values.ts';
import { GraceDeadline } from './grace-deadline.ts';
import { ImageManager } from './image-manager.ts';
import type { KubeletContext, NodePlace } from './kubelet-context.ts';
import type { PodPlan } from './plan-pod.ts';
import {
  containerFieldPath,
  containersOf,
  recordOf,
  type ContainerRecord,
  type ContainerRun,
  type PodState,
  type RoledContainer,
} from './pod-state.ts';
import { ContainerProbes } from './probes/container-probes.ts';
import { runProbe, type ProbeTarget } from './probes/run-probe.ts';
import { nextBackoff } from './restart-backoff.ts';
import { stopContainer } from './stop-container.ts';
import { terminationLogPath, terminationMessage } from './termination-message.ts';
import type { VolumePlace } from './volumes/pod-volumes.ts';

export interface PodContainersOptions {
  readonly context: KubeletContext;
  readonly node: NodePlace;
  readonly podDir: string;
  readonly state: PodState;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  /** The state has changed: tell the API. */
  readonly onChanged: () => void;
  /** The plan has to be made anew. */
  readonly onTrigger: () => void;
}

/** What starting a container takes besides the container. */
export interface StartSurroundings {
  readonly place: PodPlace;
  readonly hostname: string;
  readonly volumes: ReadonlyMap<string, VolumePlace>;
  readonly signal: AbortSignal;
}

const DEFAULT_GRACE_SECONDS = 30;
/** A postStart hook has no timeout in Kubernetes; without one a pod could hold its worker for ever. */
const HOOK_TIMEOUT_MS = 300_000;

/** One pod's containers: their records, their probes, and the doing that changes them. Only the pod's worker calls it. */
export class PodContainers {
  readonly #options: PodContainersOptions;
  readonly #images: ImageManager;
  readonly #probes = new Map<string, ContainerProbes>();
  #isProbed = true;
  /** Runs that the runtime says have ended, or that have to be looked at for another reason. */
  readonly #toInspect = new Set<string>();
  #state: PodState;

  constructor(options: PodContainersOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#images = new ImageManager(options.context.runtime, options.context.clock);
  }

  get state(): PodState {
    return this.#state;
  }

  update(change: Partial<PodState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** The sandbox is no more, and with it the pod's address. */
  forgetSandbox(): void {
    const { sandboxIp: _sandboxIp, ...rest } = this.#state;
    this.#state = rest;
  }

  noteExit(containerId: string): void {
    this.#toInspect.add(containerId);
  }

  /** Every running container is to be looked at, as after the engine was away. */
  noteAll(): void {
    for (const { run } of this.#state.containers.values()) if (run?.state.kind === 'running') this.#toInspect.add(run.id);
  }

  /** Begins the probes of containers that were running before this kubelet. */
  resumeProbes(): void {
    for (const { container } of containersOf(this.#options.pod())) {
      const { run, isStarted } = this.#record(container.name);
      if (run?.state.kind === 'running') this.#startProbes(container, run, isStarted, run.state.startedAtMs);
    }
  }

  /** Lets containers that wait for their configuration be tried again, at the given time at the latest. */
  retryConfiguration(atMs: number): void {
    for (const [name, record] of this.#state.containers) {
      if (record.waiting?.reason !== 'CreateContainerConfigError' || (record.retryAtMs ?? 0) <= atMs) continue;
      this.#put(name, { ...record, retryAtMs: atMs });
    }
  }

  /** Another image is another chance. */
  retryImage(name: string): void {
    const { retryAtMs: _retryAtMs, ...record } = this.#record(name);
    this.#put(name, record);
  }

  async observeExits(): Promise<void> {
    for (const { container } of containersOf(this.#options.pod())) {
      const { run } = this.#record(container.name);
      if (run?.state.kind !== 'running' || !this.#toInspect.has(run.id)) continue;
      const state = await this.#options.context.runtime.inspectContainer(run.id);
      this.#toInspect.delete(run.id);
      await this.#observe(container, run, state);
    }
  }

  /** Shows containers that wait for their back-off as what they are, and tells of it once each time. */
  noteBackoffs(backingOff: PodPlan['backingOff']): void {
    const pod = this.#options.pod();
    const { name: podName, namespace = '', uid = '' } = pod.metadata;
    for (const { name, delayMs } of backingOff) {
      const record = this.#record(name);
      if (record.waiting?.reason === 'CrashLoopBackOff') continue;
      this.#put(name, { ...record, waiting: { reason: 'CrashLoopBackOff', message: crashLoopMessage(name, pod, delayMs) } });
      this.#tell(name, 'Warning', 'BackOff', messages.crashBackOff(name, podName, namespace, uid));
    }
  }

  async start(name: string, surroundings: StartSurroundings): Promise<void> {
    const { context, podDir, pod: podNow } = this.#options;
    const pod = podNow();
    const container = this.#find(pod, name)?.container;
    if (container === undefined) return;
    const before = this.#record(name);
    const attempt = before.run === undefined ? 0 : before.run.attempt + 1;
    const running = containersOf(pod).filter((each) => this.#record(each.container.name).run?.state.kind === 'running');
    const result = await startContainer(context, {
      ...surroundings,
      pod,
      podDir,
      container,
      attempt,
      runningSiblings: running.map((each) => each.container),
      images: this.#images,
      tell: (type, reason, message) => this.#tell(name, type, reason, message),
    });
    const { waiting: _waiting, retryAtMs: _retryAtMs, stopRequest: _stopRequest, ...kept } = before;
    if (result.kind === 'waiting') {
      this.#put(name, { ...kept, waiting: result.waiting, retryAtMs: result.retryAtMs });
      return;
    }
    await this.#begin(container, kept, result.run);
  }

  /** Stops a container that is to be restarted. */
  async stop(name: string, message: string, graceSeconds: number | undefined): Promise<void> {
    const pod = this.#options.pod();
    const seconds = graceSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    await this.#stop(name, message, new GraceDeadline(this.#options.context.clock, seconds));
  }

  /** Stops everything for good: first what is not a sidecar, then the sidecars, the last begun first. */
  async stopAll(deadline: GraceDeadline): Promise<void> {
    this.disposeProbes();
    const all = containersOf(this.#options.pod());
    const stop = ({ container: { name } }: RoledContainer): Promise<void> => this.#stop(name, messages.stopping(name), deadline);
    await Promise.all(all.filter(({ role }) => role !== 'sidecar').map(stop));
    for (const sidecar of all.filter(({ role }) => role === 'sidecar').reverse()) await stop(sidecar);
  }

  /** For good: a container that is being started meanwhile gets none either. */
  disposeProbes(): void {
    this.#isProbed = false;
    for (const probes of this.#probes.values()) probes[Symbol.dispose]();
    this.#probes.clear();
  }

  async #begin(container: Container, before: ContainerRecord, run: ContainerRun): Promise<void> {
    const { context, onChanged } = this.#options;
    const { name, startupProbe, readinessProbe, lifecycle } = container;
    if (before.previous !== undefined) await context.runtime.removeContainer(before.previous.id);
    const ended = before.run?.state.kind === 'exited' ? before.run.state : undefined;
    const record: ContainerRecord = {
      run,
      ...(before.run === undefined ? {} : { previous: before.run }),
      ...(ended === undefined ? {} : { crashBackoff: nextBackoff(before.crashBackoff, ended.finishedAtMs, context.clock.now()) }),
      isStarted: false,
      isReady: false,
    };
    this.#put(name, record);
    if (run.state.kind === 'exited') return;
    if (lifecycle?.postStart !== undefined && !(await this.#runPostStart(container, run))) return;
    const isStarted = startupProbe === undefined;
    this.#put(name, { ...this.#record(name), isStarted, isReady: isStarted && readinessProbe === undefined });
    onChanged();
    this.#startProbes(container, run, false, context.clock.now());
  }

  async #runPostStart(container: Container, run: ContainerRun): Promise<boolean> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return true;
    const outcome = await runProbe(hook, this.#target(container, run), HOOK_TIMEOUT_MS);
    if (outcome.kind === 'success') return true;
    this.#tell(container.name, 'Warning', 'FailedPostStartHook', messages.postStartFailed);
    this.#put(container.name, { ...this.#record(container.name), stopRequest: { message: 'FailedPostStartHook' } });
    return false;
  }

  #startProbes(container: Container, run: ContainerRun, isStarted: boolean, startedAtMs: number): void {
    const { name, startupProbe, livenessProbe, readinessProbe } = container;
    if (!this.#isProbed || (startupProbe === undefined && livenessProbe === undefined && readinessProbe === undefined)) return;
    const isCurrent = (): boolean => this.#record(name).run?.id === run.id;
    this.#probes.get(name)?.[Symbol.dispose]();
    const probes = new ContainerProbes({
      target: this.#target(container, run),
      isStarted,
      startedAtMs,
      onStarted: () => {
        if (!isCurrent()) return;
        this.#put(name, { ...this.#record(name), isStarted: true, isReady: readinessProbe === undefined });
        this.#options.onChanged();
        this.#options.onTrigger();
      },
      onReady: (isReady) => {
        if (!isCurrent()) return;
        this.#put(name, { ...this.#record(name), isReady });
        this.#options.onChanged();
      },
      onCondemned: (kind, probe) => {
        if (!isCurrent()) return;
        const message = kind === 'startup' ? messages.startupRestart(name) : messages.livenessRestart(name);
        const grace = probe.terminationGracePeriodSeconds;
        this.#put(name, { ...this.#record(name), stopRequest: { message, ...(grace === undefined ? {} : { graceSeconds: grace }) } });
        this.#options.onTrigger();
      },
      onUnhealthy: (message) => this.#tell(name, 'Warning', 'Unhealthy', message),
    });
    this.#probes.set(name, probes);
  }

  async #stop(name: string, message: string, deadline: GraceDeadline): Promise<void> {
    const { context, pod: podNow } = this.#options;
    const found = this.#find(podNow(), name);
    const { run } = this.#record(name);
    if (found === undefined || run?.state.kind !== 'running') return;
    this.#probes.get(name)?.[Symbol.dispose]();
    this.#probes.delete(name);
    this.#tell(name, 'Normal', 'Killing', message);
    await stopContainer(context, {
      container: found.container,
      target: this.#target(found.container, run),
      deadline,
      onHookFailed: () => this.#tell(name, 'Warning', 'FailedPreStopHook', messages.preStopFailed),
    });
    await this.#observe(found.container, run, await context.runtime.inspectContainer(run.id));
  }

  /** Takes down how a run has ended; one that still runs is left as it is. */
  async #observe(container: Container, run: ContainerRun, state: ContainerState): Promise<void> {
    const { context, podDir, onChanged } = this.#options;
    if (state.kind === 'running' || state.kind === 'created' || run.state.kind !== 'running') return;
    if (this.#record(container.name).run?.state.kind === 'exited') return;
    const path = terminationLogPath(podDir, container.name, run.attempt);
    const ended =
      state.kind === 'absent'
        ? lostState(run.state.startedAtMs, context.clock.now())
        : exitedState(state, await terminationMessage(context.runtime, path, run.id, container, state.exitCode));
    this.#probes.get(container.name)?.[Symbol.dispose]();
    this.#probes.delete(container.name);
    const { stopRequest: _stopRequest, waiting: _waiting, ...kept } = this.#record(container.name);
    this.#put(container.name, { ...kept, run: { ...run, state: ended }, isStarted: false, isReady: false });
    onChanged();
  }

  #target(container: Container, run: ContainerRun): ProbeTarget {
    const { runtime, clock } = this.#options.context;
    const { uid = '' } = this.#options.pod().metadata;
    return { runtime, clock, podUid: uid, podIp: this.#state.sandboxIp ?? '', container, containerId: run.id };
  }

  #record(name: string): ContainerRecord {
    return recordOf(this.#state, name);
  }

  #put(name: string, record: ContainerRecord): void {
    this.#state = { ...this.#state, containers: new Map(this.#state.containers).set(name, record) };
  }

  #find(pod: Pod, name: string): RoledContainer | undefined {
    return containersOf(pod).find(({ container }) => container.name === name);
  }

  #tell(name: string, type: EventType, reason: string, message: string): void {
    const pod = this.#options.pod();
    const role = this.#find(pod, name)?.role ?? 'main';
    const { metadata } = pod;
    this.#options.node.recorder.record(
      { apiVersion: 'v1', kind: 'Pod', metadata, fieldPath: containerFieldPath(role, name) },
      type,
      reason,
      message,
    );
  }
}
