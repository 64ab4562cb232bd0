import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../client/api-client.ts';
import { isConflict, isNotFound } from '../client/api-errors.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Informer, InformerEvent } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { markDisrupted } from '../client/mark-disrupted.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import { runController } from '../client/run-controller.ts';
import { claimNamesOf, selectedNodeKey } from '../client/volumes.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import { withCondition } from '../meta/condition.ts';
import type { Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';
import { isPodTerminal } from '../meta/pod-status.ts';
import { timeText } from '../meta/times.ts';
import { nodeView, type ClusterView } from './node-view.ts';
import type { Preemption } from './plan-preemption.ts';
import { planSchedule, type ScheduleDecision } from './plan-schedule.ts';
import { claimFault, podClaims, type StorageView } from './volume-claims.ts';

export interface SchedulerOptions {
  readonly api: ApiClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

const SCHEDULER_NAME = 'default-scheduler';
/** A pod that found no node waits so long after its last try, doubling, however much the cluster changes meanwhile. */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 10_000;
const NODE_INDEX = 'node';

/** Gives pods their nodes. Disposing stops it. */
export function startScheduler(options: SchedulerOptions): AsyncDisposable {
  const scheduler = new Scheduler(options);
  scheduler.start();
  return scheduler;
}

interface Waiting {
  readonly attempts: number;
  readonly triedAtMs: number;
}

class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #namespaces: Informer<Namespace>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #waiting = new Map<ObjectKey, Waiting>();
  /** Pods that have been bound and do not show it yet, by uid. */
  readonly #assumed = new Map<string, { readonly pod: Pod; readonly nodeName: string }>();
  readonly #subscriptions: Disposable[] = [];
  #running: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: SchedulerOptions) {
    const { informers, clock, api, log } = options;
    this.#options = options;
    this.#pods = informers.informer<Pod>(resources.pods);
    this.#nodes = informers.informer<Node>(resources.nodes);
    this.#namespaces = informers.informer<Namespace>(resources.namespaces);
    this.#claims = informers.informer<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.#volumes = informers.informer<PersistentVolume>(resources.persistentVolumes);
    this.#classes = informers.informer<StorageClass>(resources.storageClasses);
    this.#recorder = new EventRecorder({ api, clock, log, component: SCHEDULER_NAME, style: 'series' });
    this.#queue = new WorkQueue(clock);
    this.#pods.addIndex(NODE_INDEX, (pod) => [pod.spec?.nodeName ?? '']);
  }

  start(): void {
    const { log } = this.#options;
    const watched = [this.#pods, this.#nodes, this.#namespaces, this.#claims, this.#volumes, this.#classes];
    void Promise.all(watched.map(({ synced }) => synced)).then(() => {
      if (this.#isDisposed) return;
      this.#subscriptions.push(
        this.#pods.subscribe((event) => this.#onPod(event)),
        this.#nodes.subscribe((event) => this.#onNode(event)),
        this.#claims.subscribe(({ object }) => this.#onClaim(object)),
        this.#volumes.subscribe(() => this.#retryWaiting()),
        this.#classes.subscribe(() => this.#retryWaiting()),
      );
    });
    // One worker: decisions are made one after another, each on what the last one left.
    this.#running = runController({ name: 'scheduler', queue: this.#queue, workers: 1, log, reconcile: (key) => this.#schedule(key) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    await this.#running;
    await this.#recorder[Symbol.asyncDispose]();
  }

  #onPod(event: InformerEvent<Pod>): void {
    const { object: pod } = event;
    const isAssigned = (pod.spec?.nodeName ?? '') !== '';
    if (isAssigned || event.type === 'deleted') {
      this.#assumed.delete(pod.metadata.uid ?? '');
      this.#waiting.delete(keyOf(pod));
    }
    if (event.type === 'deleted' || isPodTerminal(pod) || (isAssigned && event.type !== 'added' && hasMoved(event))) this.#retryWaiting();
    if (event.type === 'deleted' || isAssigned || !isOurs(pod)) return;
    // The scheduler's own writes to the status are no reason to try again.
    const isNews =
      event.type === 'added' ||
      !isDeepStrictEqual(event.object.spec, event.previous.spec) ||
      !isDeepStrictEqual(event.object.metadata.labels, event.previous.metadata.labels);
    if (isNews) this.#queue.add(keyOf(pod));
  }

  #onNode(event: InformerEvent<Node>): void {
    if (event.type === 'updated' && !hasNodeChanged(event.object, event.previous)) return;
    this.#retryWaiting();
  }

  /** A claim that has got its volume is what the pod that uses it waits for: it is tried at once. */
  #onClaim({ metadata, status }: PersistentVolumeClaim): void {
    if (status?.phase === 'Bound') {
      for (const pod of this.#pods.byIndex(NODE_INDEX, '')) {
        if (pod.metadata.namespace === metadata.namespace && isOurs(pod) && claimNamesOf(pod).includes(metadata.name))
          this.#queue.add(keyOf(pod));
      }
    }
    this.#retryWaiting();
  }

  #retryWaiting(): void {
    const nowMs = this.#options.clock.now();
    for (const [key, { attempts, triedAtMs }] of this.#waiting) {
      const delayMs = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(attempts - 1, 10), BACKOFF_MAX_MS);
      this.#queue.addAfter(key, triedAtMs + delayMs - nowMs);
    }
  }

  async #schedule(key: ObjectKey): Promise<undefined> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !isOurs(pod) || (pod.spec?.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined) {
      this.#waiting.delete(key);
      return undefined;
    }
    if (this.#assumed.has(pod.metadata.uid ?? '')) return undefined;
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      await this.#writeCondition(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return undefined;
    }
    const decision = this.#decide(pod);
    if (decision.kind === 'bind' && decision.delayed.length > 0) await this.#selectNode(decision.delayed, decision.nodeName);
    else if (decision.kind === 'bind') await this.#bind(key, pod, decision.nodeName);
    else await this.#giveUp(key, pod, decision);
    return undefined;
  }

  #decide(pod: Pod): ScheduleDecision & { readonly delayed: readonly PersistentVolumeClaim[] } {
    const storage = this.#storage();
    const claims = podClaims(pod, storage);
    if (typeof claims !== 'string') {
      const view = { ...this.#view(), volumeFault: (node: Node) => claimFault(claims, node, storage) };
      return { ...planSchedule(pod, view), delayed: claims.delayed };
    }
    const total = this.#nodes.all().length;
    const tail = `no new claims to deallocate, preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
    return { kind: 'unschedulable', message: `0/${total} nodes are available: ${claims}. ${tail}`, delayed: [] };
  }

  #storage(): StorageView {
    return {
      claim: (namespace, name) => this.#claims.get(objectKey(namespace, name)),
      volumes: this.#volumes.all(),
      classes: this.#classes.all(),
    };
  }

  #view(): ClusterView {
    const assumed = [...this.#assumed.values()];
    const nodes = this.#nodes.all().map((node) => {
      const { name } = node.metadata;
      const here = this.#pods.byIndex(NODE_INDEX, name).filter((pod) => !isPodTerminal(pod));
      return nodeView(node, [...here, ...assumed.filter(({ nodeName }) => nodeName === name).map(({ pod }) => pod)]);
    });
    const namespaceLabels = new Map(this.#namespaces.all().map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
    return { nodes, namespaceLabels };
  }

  /** Tells where the volumes are to be; the pod is bound when its claims are, which brings it here again. */
  async #selectNode(claims: readonly PersistentVolumeClaim[], nodeName: string): Promise<void> {
    for (const { metadata } of claims) {
      const { name, namespace = '', uid } = metadata;
      if (metadata.annotations?.[selectedNodeKey] === nodeName) continue;
      const patch = { metadata: { uid, annotations: { [selectedNodeKey]: nodeName } } };
      await this.#options.api.patch(resources.persistentVolumeClaims, { name, namespace }, 'merge', patch).catch((error: unknown) => {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      });
    }
  }

  async #bind(key: ObjectKey, pod: Pod, nodeName: string): Promise<void> {
    const { name, namespace, uid = '' } = pod.metadata;
    this.#assumed.set(uid, { pod, nodeName });
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    try {
      await this.#options.api.post(subresource(resources.pods, 'binding'), name, namespace, binding);
    } catch (error) {
      this.#assumed.delete(uid);
      // Bound or deleted in between: the next event tells.
      if (isConflict(error) || isNotFound(error)) return;
      throw error;
    }
    this.#waiting.delete(key);
    this.#recorder.record(
      subjectOf(pod),
      'Normal',
      'Scheduled',
      `Successfully assigned ${namespace ?? ''}/${name} to ${nodeName}`,
      'Binding',
    );
  }

  async #giveUp(key: ObjectKey, pod: Pod, { message, preemption }: Extract<ScheduleDecision, { kind: 'unschedulable' }>): Promise<void> {
    const attempts = (this.#waiting.get(key)?.attempts ?? 0) + 1;
    this.#waiting.set(key, { attempts, triedAtMs: this.#options.clock.now() });
    this.#recorder.record(subjectOf(pod), 'Warning', 'FailedScheduling', message, 'Scheduling');
    await this.#writeCondition(pod, 'Unschedulable', message, preemption?.nodeName);
    if (preemption !== undefined) await this.#preempt(pod, preemption);
  }

  async #preempt(pod: Pod, { victims, nodeName }: Preemption): Promise<void> {
    for (const victim of victims) {
      const { name, namespace, uid } = victim.metadata;
      try {
        await markDisrupted(this.#options, victim, {
          reason: 'PreemptionByScheduler',
          message: `${SCHEDULER_NAME}: preempting to accommodate a higher priority pod`,
        });
        await this.#options.api.delete(resources.pods, name, namespace, uid === undefined ? {} : { preconditions: { uid } });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      this.#recorder.record(
        subjectOf(victim),
        'Normal',
        'Preempted',
        `Preempted by pod ${pod.metadata.uid ?? ''} on node ${nodeName}`,
        'Preempting',
      );
    }
  }

  async #writeCondition(pod: Pod, reason: string, message: string, nominatedNodeName?: string): Promise<void> {
    const held = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const isSame = held?.status === 'False' && held.reason === reason && held.message === message;
    if (isSame && (nominatedNodeName === undefined || pod.status?.nominatedNodeName === nominatedNodeName)) return;
    const { generation } = pod.metadata;
    const condition = {
      type: 'PodScheduled',
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status: 'False',
      lastProbeTime: null as unknown as string,
      reason,
      message,
    };
    const conditions = withCondition(pod.status?.conditions, condition, timeText(this.#options.clock.now()));
    const status = { ...pod.status, conditions, ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }) };
    await this.#options.api.update<Pod>(subresource(resources.pods, 'status'), { ...pod, status });
  }
}

function isOurs({ spec }: Pod): boolean {
  return (spec?.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME;
}

/** A change of a running pod that can make room or draw others near. */
function hasMoved(event: Extract<InformerEvent<Pod>, { type: 'updated' }>): boolean {
  return !isDeepStrictEqual(event.object.metadata.labels, event.previous.metadata.labels);
}

/** Heartbeats are no news. */
function hasNodeChanged(now: Node, before: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node): unknown => [metadata.labels, spec?.taints, spec?.unschedulable, status?.allocatable];
  return !isDeepStrictEqual(relevant(now), relevant(before));
}

function subjectOf({ metadata }: Pod): { apiVersion: string; kind: string; metadata: Pod['metadata'] } {
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}
