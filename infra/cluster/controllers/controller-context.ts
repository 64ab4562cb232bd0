import type { ClusterLog } from '../cluster-options.ts';
import type { ApiClient } from '../client/api-client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Informer, InformerEvent } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { runController, type ReconcileResult } from '../client/run-controller.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { Clock } from '../meta/clock.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { controllerOf } from '../meta/owner-reference.ts';

/** What every controller works with. */
export interface ControllerContext {
  readonly api: ApiClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** The age at which a new pod is counted as ready, see ReadyReports; 0 without. */
  readonly readyReportMs?: number;
}

export interface LoopOptions {
  readonly name: string;
  readonly workers?: number;
  /** What must have been listed before the first key is handed out. */
  readonly waitFor: readonly Informer<never>[];
  /** Subscribes to what makes a key due. */
  readonly watch: (queue: WorkQueue) => readonly Disposable[];
  readonly reconcile: (key: ObjectKey) => Promise<ReconcileResult>;
}

const DEFAULT_WORKERS = 4;

/** Starts a controller's loop; disposing stops it and waits for what is under way. */
export function startLoop(context: ControllerContext, options: LoopOptions): AsyncDisposable {
  const queue = new WorkQueue(context.clock);
  const subscriptions: Disposable[] = [];
  let isDisposed = false;
  void Promise.all(options.waitFor.map((informer) => informer.synced)).then(() => {
    if (!isDisposed) subscriptions.push(...options.watch(queue));
  });
  const { name, reconcile, workers = DEFAULT_WORKERS } = options;
  const running = runController({ name, queue, reconcile, workers, log: context.log });
  return {
    [Symbol.asyncDispose]: async () => {
      isDisposed = true;
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      queue[Symbol.dispose]();
      await running;
    },
  };
}

export function recorderFor(context: ControllerContext, component: string): EventRecorder {
  return new EventRecorder({ ...context, component });
}

/** Makes an object's own key due whenever it changes. */
export function onSelf<T extends KubeObject>(informer: Informer<T>, queue: WorkQueue): Disposable {
  return informer.subscribe((event) => queue.add(keyOf(event.object)));
}

/** Makes the key of the controller of an object due, and, when it has changed hands, that of its former controller too. */
export function onOwned<T extends KubeObject>(informer: Informer<T>, ownerKind: string, queue: WorkQueue): Disposable {
  return informer.subscribe((event) => {
    for (const key of ownerKeys(event, ownerKind)) queue.add(key);
  });
}

export function ownerKeys<T extends KubeObject>(event: InformerEvent<T>, ownerKind: string): ReadonlySet<ObjectKey> {
  const keys = new Set<ObjectKey>();
  for (const object of event.type === 'updated' ? [event.object, event.previous] : [event.object]) {
    const owner = controllerOf(object);
    if (owner?.kind === ownerKind) keys.add(objectKey(object.metadata.namespace, owner.name));
  }
  return keys;
}

/** An informer in the form that {@link LoopOptions.waitFor} takes. */
export function awaitable<T extends KubeObject>(informer: Informer<T>): Informer<never> {
  return informer as unknown as Informer<never>;
}

/** Disposes one after another, the last first: a loop before the recorder that it writes to. */
export function disposeAll(parts: readonly AsyncDisposable[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      for (const part of [...parts].reverse()) await part[Symbol.asyncDispose]();
    },
  };
}

/** A client whose writes go by the given field manager. */
export function withFieldManager(api: ApiClient, fieldManager: string): ApiClient {
  return {
    get: (ref, name, namespace) => api.get(ref, name, namespace),
    list: (ref, options) => api.list(ref, options),
    watch: (ref, options) => api.watch(ref, options),
    create: (ref, object) => api.create(ref, object, { fieldManager }),
    update: (ref, object) => api.update(ref, object, { fieldManager }),
    patch: (ref, target, kind, patch) => api.patch(ref, target, kind, patch, { fieldManager }),
    delete: (ref, name, namespace, options) => api.delete(ref, name, namespace, options),
    post: <T>(ref: ResourceRef, name: string, namespace: string | undefined, body: unknown) => api.post<T>(ref, name, namespace, body),
  };
}
