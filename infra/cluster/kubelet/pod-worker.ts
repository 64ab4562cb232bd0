import { isDeepStrictEqual } from 'node:util';
import { messageOf, isConflict, isNotFound } from '../client/api-errors.ts';
import { Backoff } from '../client/backoff.ts';
import type { EventType } from '../client/event-recorder.ts';
import { resources } from '../client/resources.ts';
import { claimNamesOf } from '../client/volumes.ts';
import type { Pod } from '../meta/generated/types.ts';
import { isPodTerminal } from '../meta/pod-status.ts';
import type { RuntimePod } from '../../runtime/runtime.ts';
import { adoptPod } from './adopt-pod.ts';
import { SHOW_TERMINATED_MS } from './container-status.ts';
import { podDirOf } from './container-starter.ts';
import { messages } from './event-messages.ts';
import type { PodPlace } from './field-values.ts';
import { GraceDeadline } from './grace-deadline.ts';
import type { KubeletContext, NodePlace } from './kubelet-context.ts';
import { LocalStorageGuard } from './local-storage.ts';
import { planPod, type PodPlan } from './plan-pod.ts';
import { PodContainers } from './pod-containers.ts';
import { planPodDns } from './pod-dns.ts';
import { containersOf, recordOf, type PodState } from './pod-state.ts';
import { computePodStatus } from './pod-status.ts';
import { refusalOf } from './refusal.ts';
import { StatusPublisher } from './status-publisher.ts';
import { volumesDirOf } from './volumes/claim-volumes.ts';
import { NamedVolumeError, PodVolumes, type VolumePlace } from './volumes/pod-volumes.ts';

export interface PodWorkerOptions {
  readonly context: KubeletContext;
  readonly node: NodePlace;
  readonly pod: Pod;
  /** What an earlier kubelet left running of the pod. */
  readonly found: RuntimePod | undefined;
  /** The pod is gone, here and in the API. */
  readonly onDone: () => void;
}

/**
 * A wrong configuration is tried again this long after what it refers to has changed: a person who mends a Secret in two steps is not
 * met by the error of the first, and the pod still starts before they look.
 */
const REFERENCE_SETTLE_MS = 2_000;
const RETRY = { baseMs: 500, maxMs: 15_000 };
const DEFAULT_GRACE_SECONDS = 30;
const VOLUME_RETRY_MS = 60_000;
/** A pod that was deleted without grace is gone from the API already, and one that is evicted is harmful: their containers are given no more. */
const FORCED_GRACE_SECONDS = 1;

/**
 * Runs one pod: level-triggered, one turn at a time. Each turn looks at what the pod should be and what its containers are, plans, and
 * does; whatever happens meanwhile asks for another turn. Its deletion interrupts a turn that waits.
 */
export class PodWorker {
  readonly #context: KubeletContext;
  readonly #node: NodePlace;
  readonly #onDone: () => void;
  readonly #containers: PodContainers;
  readonly #volumes: PodVolumes;
  readonly #publisher: StatusPublisher;
  readonly #storage: LocalStorageGuard;
  readonly #retries = new Backoff(RETRY);
  readonly #interrupt = new AbortController();
  readonly #staleContainers: string[];
  #pod: Pod;
  #isGone = false;
  #isOver = false;
  #isDone = false;
  #isStopped = false;
  #isDirty = false;
  #turns: Promise<void> | undefined;
  #wake: Disposable | undefined;
  #deadline: GraceDeadline | undefined;
  #places: ReadonlyMap<string, VolumePlace> | undefined;
  #areVolumesStale = true;
  #renewAtMs = Infinity;

  constructor({ context, node, pod, found, onDone }: PodWorkerOptions) {
    this.#context = context;
    this.#node = node;
    this.#pod = pod;
    this.#onDone = onDone;
    const podDir = podDirOf(context.dataDir, pod.metadata.uid ?? '');
    const { state, remove } = adoptPod(pod, found, context.clock.now());
    this.#staleContainers = [...remove];
    this.#storage = new LocalStorageGuard(context.clock);
    this.#publisher = new StatusPublisher(context.api, context.log, pod);
    const { api, clock, references, dataDir } = context;
    const rootId = context.runtime.containerRootId;
    this.#volumes = new PodVolumes({ api, clock, references, podDir, volumesDir: volumesDirOf(dataDir), rootId });
    this.#containers = new PodContainers({
      context,
      node,
      podDir,
      state,
      pod: () => this.#pod,
      onChanged: () => this.#publish(),
      onTrigger: () => this.trigger(),
    });
    this.#noteAdoptedVolumes();
    this.#containers.resumeProbes();
    this.#containers.noteAll();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** No turn is under way or due, and nothing waits to be written. */
  get isIdle(): boolean {
    return this.#turns === undefined && this.#publisher.isIdle;
  }

  get state(): PodState {
    return this.#containers.state;
  }

  /** The API's object has changed. What only the status tells is no reason to act. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#publisher.seen(pod);
    this.#pod = pod;
    for (const { container } of containersOf(pod)) {
      const held = containersOf(before).find((other) => other.container.name === container.name);
      if (held?.container.image !== container.image) this.#containers.retryImage(container.name);
    }
    const { deletionGracePeriodSeconds: grace, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      this.#interrupt.abort();
      this.#deadline?.shrinkTo(grace ?? 0);
    }
    const { labels, annotations } = before.metadata;
    if (!isDeepStrictEqual([pod.metadata.labels, pod.metadata.annotations], [labels, annotations])) this.#areVolumesStale = true;
    const isChanged = pod.metadata.generation !== before.metadata.generation || deletionTimestamp !== before.metadata.deletionTimestamp;
    const hasGates = (pod.spec?.readinessGates ?? []).length > 0;
    if (isChanged || this.#areVolumesStale) this.trigger();
    else if (hasGates) this.#publish();
  }

  /** The API's object is gone. */
  gone(): void {
    this.#isGone = true;
    // The scheduler gives them to the next at once.
    this.#node.devices.release(this.#pod.metadata.uid ?? '');
    this.#interrupt.abort();
    this.#deadline?.shrinkTo(FORCED_GRACE_SECONDS);
    this.trigger();
  }

  containerExited(id: string): void {
    this.#containers.noteExit(id);
    this.trigger();
  }

  /** A ConfigMap or Secret that the pod may use has changed. */
  referencesChanged(): void {
    this.#areVolumesStale = true;
    this.#containers.retryConfiguration(this.#context.clock.now() + REFERENCE_SETTLE_MS);
    this.trigger();
  }

  /** The engine is back: what ran may not run any more, and the sandbox may be another. */
  runtimeBack(found: RuntimePod | undefined): void {
    if (found === undefined) this.#containers.forgetSandbox();
    this.#containers.noteAll();
    this.trigger();
  }

  /** Asks for a turn; many requests before it begins are one. */
  trigger(): void {
    this.#isDirty = true;
    if (this.#isStopped || this.#isDone) return;
    this.#turns ??= this.#takeTurns();
  }

  /** Ends all work and leaves what runs as it is. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.[Symbol.dispose]();
    this.#containers.disposeProbes();
    this.#interrupt.abort();
    await this.#turns;
    await this.#publisher.flush();
  }

  async #takeTurns(): Promise<void> {
    // Lets all that one cause brings, such as several changes in one batch, be one turn's work.
    await Promise.resolve();
    try {
      while (this.#isDirty && !this.#isStopped && !this.#isDone && !this.#context.isRuntimeLost()) {
        this.#isDirty = false;
        this.#wake?.[Symbol.dispose]();
        await this.#turnOrComplain();
      }
    } finally {
      // In the same step as the loop's last look: a trigger in between would be forgotten.
      this.#turns = undefined;
    }
  }

  async #turnOrComplain(): Promise<void> {
    try {
      await this.#turn();
      this.#retries.forget('');
    } catch (error) {
      this.#complain(error);
      this.#wakeAt(this.#context.clock.now() + this.#retries.next(''));
    }
  }

  async #turn(): Promise<void> {
    await this.#containers.observeExits();
    if (this.#isGone || this.#pod.metadata.deletionTimestamp !== undefined) {
      await this.#terminate();
      return;
    }
    if (this.#isOver) return;
    this.#refuseOrExpire();
    await this.#evictIfOverLimit();
    const plan = planPod(this.#pod, this.state, this.#context.clock.now());
    if (plan.isFinished) {
      await this.#finish();
      return;
    }
    this.#containers.noteBackoffs(plan.backingOff);
    this.#publish();
    await this.#prepare(plan);
    for (const { name, message, graceSeconds } of plan.stop) {
      await this.#containers.stop(name, message, graceSeconds);
      this.#isDirty = true;
    }
    for (const name of plan.start) {
      if (this.#interrupt.signal.aborted) return;
      await this.#containers.start(name, this.#surroundings());
      this.#publish();
      this.#isDirty = true;
    }
    this.#scheduleWake(plan);
  }

  /** Volumes first, then the sandbox: a pod whose volumes cannot be had has no address. */
  async #prepare(plan: PodPlan): Promise<void> {
    for (const id of this.#staleContainers.splice(0)) await this.#context.runtime.removeContainer(id);
    await this.#syncVolumes();
    if (!plan.needsSandbox) return;
    const { name, namespace = '', uid = '', labels = {} } = this.#pod.metadata;
    const sandbox = await this.#context.runtime.runPodSandbox({
      podUid: uid,
      namespace,
      name,
      hostname: this.#hostname(),
      dnsSearchNamespace: namespace,
      ...planPodDns(this.#pod.spec),
      labels,
      shareProcessNamespace: this.#pod.spec?.shareProcessNamespace ?? false,
      hostAliases: (this.#pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
      startsClosed: true,
    });
    this.#containers.update({ sandboxIp: sandbox.ip });
  }

  /** A pod that runs goes on with its volumes as they are when they cannot be refreshed; one that begins has to wait. */
  async #syncVolumes(): Promise<void> {
    const nowMs = this.#context.clock.now();
    if (this.#places !== undefined && !this.#areVolumesStale && nowMs < this.#renewAtMs) return;
    this.#areVolumesStale = false;
    try {
      const { places, renewAtMs } = await this.#volumes.sync(this.#pod, this.#place());
      this.#places = places;
      this.#noteAdoptedVolumes();
      this.#renewAtMs = renewAtMs;
    } catch (error) {
      this.#areVolumesStale = this.#places === undefined;
      if (this.#places === undefined) throw error;
      this.#complain(error);
      this.#renewAtMs = nowMs + VOLUME_RETRY_MS;
    }
  }

  /** Containers that were running before this worker have their volumes mounted, and which these are is known once they are looked up. */
  #noteAdoptedVolumes(): void {
    const { uid = '' } = this.#pod.metadata;
    if (claimNamesOf(this.#pod).length === 0) return;
    for (const { container } of containersOf(this.#pod)) {
      if (recordOf(this.state, container.name).run?.state.kind === 'running')
        this.#context.sharedVolumes.note(uid, container, this.#places);
    }
  }

  #refuseOrExpire(): void {
    if (this.state.failure !== undefined) return;
    const refusal = refusalOf(this.#pod);
    if (refusal !== undefined) {
      this.#tell('Warning', 'Forbidden', refusal);
      this.#containers.update({ failure: { reason: 'Forbidden', message: refusal } });
      return;
    }
    const shortage = isPodTerminal(this.#pod) ? undefined : this.#node.devices.claim(this.#pod);
    if (shortage !== undefined) {
      this.#tell('Warning', 'UnexpectedAdmissionError', shortage);
      this.#containers.update({ failure: { reason: 'UnexpectedAdmissionError', message: messages.rejected(shortage) } });
      return;
    }
    const endsAtMs = this.#activeDeadlineMs();
    if (endsAtMs === undefined || this.#context.clock.now() < endsAtMs) return;
    this.#tell('Normal', 'DeadlineExceeded', messages.deadlineExceeded);
    this.#containers.update({ failure: { reason: 'DeadlineExceeded', message: messages.deadlineExceeded } });
  }

  async #evictIfOverLimit(): Promise<void> {
    if (this.state.failure !== undefined || this.#places === undefined) return;
    const message = await this.#storage.excess(this.#pod, this.#places);
    if (message === undefined) return;
    this.#tell('Warning', 'Evicted', message);
    this.#containers.update({ failure: { reason: 'Evicted', message } });
  }

  /** The pod has run its course: what is left (sidecars) ends, the logs stay until the pod is deleted. */
  async #finish(): Promise<void> {
    this.#publish();
    const grace = this.#pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    const isEvicted = this.state.failure?.reason === 'Evicted';
    this.#deadline ??= new GraceDeadline(this.#context.clock, isEvicted ? FORCED_GRACE_SECONDS : grace);
    await this.#containers.stopAll(this.#deadline);
    this.#isOver = true;
    this.#letGo();
    this.#publish();
  }

  async #terminate(): Promise<void> {
    const { name, namespace, uid = '', deletionGracePeriodSeconds: grace = 0 } = this.#pod.metadata;
    this.#deadline ??= new GraceDeadline(this.#context.clock, grace);
    this.#deadline.shrinkTo(this.#isGone ? FORCED_GRACE_SECONDS : grace);
    await this.#containers.stopAll(this.#deadline);
    this.#isOver = true;
    this.#letGo();
    if (!this.#isGone) this.#publish();
    await Promise.all([this.#context.runtime.removePodSandbox(uid).then(() => this.#volumes.remove()), this.#publisher.flush()]);
    try {
      if (!this.#isGone) await this.#context.api.delete(resources.pods, name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    this.#isDone = true;
    this.#onDone();
  }

  #letGo(): void {
    const { uid = '' } = this.#pod.metadata;
    this.#context.sharedVolumes.forget(uid);
    this.#node.devices.release(uid);
  }

  #publish(): void {
    if (this.#isGone || this.#isStopped) return;
    this.#publisher.offer((pod) =>
      computePodStatus(pod, { state: this.state, hostIp: this.#node.ip, isOver: this.#isOver, nowMs: this.#context.clock.now() }),
    );
  }

  #scheduleWake(plan: PodPlan): void {
    const shownUntilMs = plan.backingOff.map(({ name }) => {
      const state = this.state.containers.get(name)?.run?.state;
      const untilMs = state?.kind === 'exited' ? state.finishedAtMs + SHOW_TERMINATED_MS : Infinity;
      return untilMs > this.#context.clock.now() ? untilMs : Infinity;
    });
    this.#wakeAt(
      Math.min(
        plan.wakeAtMs ?? Infinity,
        this.#renewAtMs,
        this.#storage.dueMs(this.#pod),
        this.#activeDeadlineMs() ?? Infinity,
        ...shownUntilMs,
      ),
    );
  }

  #wakeAt(atMs: number): void {
    this.#wake?.[Symbol.dispose]();
    if (atMs === Infinity || this.#isStopped) return;
    this.#wake = this.#context.clock.after(Math.max(0, atMs - this.#context.clock.now()), () => this.trigger());
  }

  #activeDeadlineMs(): number | undefined {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    return seconds === undefined || this.#isOver ? undefined : this.state.startedAtMs + seconds * 1000;
  }

  #place(): PodPlace {
    const { ip, name, allocatable, gpuProduct } = this.#node;
    return { podIp: this.state.sandboxIp ?? '', hostIp: ip, nodeName: name, allocatable, gpuProduct };
  }

  #surroundings(): Parameters<PodContainers['start']>[1] {
    return { place: this.#place(), hostname: this.#hostname(), volumes: this.#places ?? new Map(), signal: this.#interrupt.signal };
  }

  #hostname(): string {
    const { hostname } = this.#pod.spec ?? {};
    return (hostname === undefined || hostname === '' ? this.#pod.metadata.name : hostname).slice(0, 63).replace(/[-.]+$/, '');
  }

  /** What kept a turn from its end: told to the trainee where it is theirs, to us where it is ours. */
  #complain(error: unknown): void {
    const message = messageOf(error);
    const { name, namespace = '' } = this.#pod.metadata;
    if (error instanceof NamedVolumeError) {
      this.#tell('Warning', 'FailedMount', messages.mountFailed(error.volume, message));
      this.#context.log.debug({ pod: `${namespace}/${name}`, volume: error.volume, reason: message }, 'volume not set up, will retry');
      return;
    }
    if (this.state.sandboxIp === undefined) this.#tell('Warning', 'FailedCreatePodSandBox', messages.sandboxFailed(message));
    else this.#tell('Warning', 'FailedSync', `Error syncing pod, skipping: ${message}`);
    this.#context.log.warn({ pod: `${namespace}/${name}`, reason: message }, 'pod turn failed, will retry');
  }

  #tell(type: EventType, reason: string, message: string): void {
    this.#node.recorder.record({ apiVersion: 'v1', kind: 'Pod', metadata: this.#pod.metadata }, type, reason, message);
  }
}
