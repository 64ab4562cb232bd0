import { isConflict, isNotFound, messageOf, orAbsent } from '../client/api-errors.ts';
import type { Informer, InformerEvent } from '../client/informer.ts';
import { keyOf, objectKey } from '../client/object-key.ts';
import { resourceId } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { runController } from '../client/run-controller.ts';
import type { CustomResourceDefinition } from '../meta/generated/types.ts';
import type { KubeObject, OwnerReference } from '../meta/kube-object.ts';
import type { ControllerContext } from './controller-context.ts';
import { FOREGROUND, ORPHAN, planGarbage, type OwnerState } from './garbage-plan.ts';
import { customResource, ServedResources, type ServedResource } from './served-resources.ts';

const OWNER_INDEX = 'owner';
const WORKERS = 4;

interface Monitor {
  readonly served: ServedResource;
  readonly informer: Informer<KubeObject>;
  readonly subscription: Disposable;
}

/**
 * Deletes what no owner is left of, keeps owners that are deleted in the foreground until their dependents are gone, and frees the
 * dependents of owners that are deleted as orphans. Knows every resource that the cluster serves, custom ones as they come.
 */
export function startGarbageCollector(context: ControllerContext): AsyncDisposable {
  const collector = new GarbageCollector(context);
  collector.start().catch((error: unknown) => context.log.error({ reason: messageOf(error) }, 'the garbage collector did not start'));
  return collector;
}

class GarbageCollector implements AsyncDisposable {
  readonly #context: ControllerContext;
  readonly #served: ServedResources;
  readonly #queue: WorkQueue;
  readonly #monitors = new Map<string, Monitor>();
  #definitions: Disposable | undefined;
  #running: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#served = new ServedResources(context);
    this.#queue = new WorkQueue(context.clock);
  }

  async start(): Promise<void> {
    await this.#served.definitions.synced;
    const all = this.#served.collectable();
    const informers = all.map(({ ref }) => this.#context.informers.informer<KubeObject>(ref));
    // Before all is known an owner that has not been listed yet would look absent.
    await Promise.all(informers.map(({ synced }) => synced));
    if (this.#isDisposed) return;
    for (const served of all) this.#monitor(served);
    this.#definitions = this.#served.definitions.subscribe((event) => this.#onDefinition(event));
    this.#running = runController({
      name: 'garbage-collector',
      queue: this.#queue,
      workers: WORKERS,
      log: this.#context.log,
      reconcile: (item) => this.#collect(item),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#definitions?.[Symbol.dispose]();
    for (const { subscription } of this.#monitors.values()) subscription[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    await this.#running;
  }

  #monitor(served: ServedResource): void {
    const id = resourceId(served.ref);
    if (this.#monitors.has(id)) return;
    const informer = this.#context.informers.informer<KubeObject>(served.ref);
    informer.addIndex(OWNER_INDEX, ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid));
    const subscription = informer.subscribe((event) => this.#onObject(id, event));
    this.#monitors.set(id, { served, informer, subscription });
  }

  #onDefinition(event: InformerEvent<CustomResourceDefinition>): void {
    const served = customResource(event.object);
    if (served === undefined) return;
    if (event.type !== 'deleted') {
      this.#monitor(served);
      return;
    }
    const id = resourceId(served.ref);
    this.#monitors.get(id)?.subscription[Symbol.dispose]();
    this.#monitors.delete(id);
    void this.#context.informers.stop(served.ref);
  }

  #onObject(id: string, event: InformerEvent<KubeObject>): void {
    const { object } = event;
    const { metadata } = object;
    if (event.type === 'deleted') {
      this.#addDependents(metadata.uid ?? '');
      // An owner that waits in the foreground may have been waiting for this one.
      for (const owner of metadata.ownerReferences ?? []) this.#addOwner(owner, metadata.namespace);
      return;
    }
    const isMarked =
      metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).some((name) => name === FOREGROUND || name === ORPHAN);
    const isNewOwned =
      (metadata.ownerReferences ?? []).length > 0 && (event.type === 'added' || haveOwnersChanged(event.object, event.previous));
    if (isMarked || isNewOwned) this.#queue.add(itemOf(id, object));
  }

  #addDependents(uid: string): void {
    for (const { id, object } of this.#dependentsOf(uid)) this.#queue.add(itemOf(id, object));
  }

  #addOwner(owner: OwnerReference, namespace: string | undefined): void {
    const found = this.#find(owner, namespace);
    if (found !== undefined) this.#queue.add(itemOf(found.id, found.object));
  }

  #dependentsOf(uid: string): readonly { readonly id: string; readonly object: KubeObject }[] {
    return [...this.#monitors].flatMap(([id, { informer }]) => informer.byIndex(OWNER_INDEX, uid).map((object) => ({ id, object })));
  }

  async #collect(item: string): Promise<undefined> {
    const { id, key } = splitItem(item);
    const monitor = this.#monitors.get(id);
    const object = monitor?.informer.get(key);
    if (monitor === undefined || object === undefined) return undefined;
    const { metadata } = object;
    if (metadata.deletionTimestamp !== undefined) {
      await this.#finishOwner(monitor, object);
      return undefined;
    }
    await this.#collectDependent(monitor, object);
    return undefined;
  }

  async #finishOwner({ served }: Monitor, owner: KubeObject): Promise<void> {
    const { uid = '', finalizers = [] } = owner.metadata;
    const dependents = this.#dependentsOf(uid);
    if (finalizers.includes(ORPHAN)) {
      for (const { id, object } of dependents) await this.#forgetOwners(id, object, [uid]);
      await this.#dropFinalizer(served, owner, ORPHAN);
      return;
    }
    if (!finalizers.includes(FOREGROUND)) return;
    const blocking = dependents.filter(({ object }) =>
      (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
    );
    if (blocking.length === 0) {
      await this.#dropFinalizer(served, owner, FOREGROUND);
      return;
    }
    for (const { id, object } of dependents) if (object.metadata.deletionTimestamp === undefined) this.#queue.add(itemOf(id, object));
  }

  async #collectDependent({ served }: Monitor, object: KubeObject): Promise<void> {
    const states = new Map<string, OwnerState>();
    for (const owner of object.metadata.ownerReferences ?? []) states.set(owner.uid, await this.#stateOf(owner, object.metadata.namespace));
    const hasDependents = this.#dependentsOf(object.metadata.uid ?? '').length > 0;
    const plan = planGarbage(object, ({ uid }) => states.get(uid) ?? 'alive', hasDependents);
    if (plan.kind === 'keep') return;
    if (plan.kind === 'forget-owners') {
      await this.#forgetOwners(resourceId(served.ref), object, plan.uids);
      return;
    }
    const { name, namespace, uid } = object.metadata;
    const preconditions = uid === undefined ? {} : { uid };
    await ignoringGone(this.#context.api.delete(served.ref, name, namespace, { propagationPolicy: plan.propagationPolicy, preconditions }));
  }

  /** An owner that the copies do not know is asked for at the API before it is taken for gone. */
  async #stateOf(owner: OwnerReference, namespace: string | undefined): Promise<OwnerState> {
    const cached = this.#find(owner, namespace)?.object;
    const served = this.#servedOf(owner);
    if (served === undefined) return 'alive';
    const home = served.isNamespaced ? namespace : undefined;
    const object = cached ?? (await orAbsent(this.#context.api.get<KubeObject>(served.ref, owner.name, home)));
    if (object === undefined || object.metadata.uid !== owner.uid) return 'absent';
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? 'deleting-dependents' : 'alive';
  }

  #find(owner: OwnerReference, namespace: string | undefined): { readonly id: string; readonly object: KubeObject } | undefined {
    const served = this.#servedOf(owner);
    if (served === undefined) return undefined;
    const id = resourceId(served.ref);
    const object = this.#monitors.get(id)?.informer.get(objectKey(served.isNamespaced ? namespace : undefined, owner.name));
    return object === undefined || object.metadata.uid !== owner.uid ? undefined : { id, object };
  }

  #servedOf({ apiVersion, kind }: OwnerReference): ServedResource | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return [...this.#monitors.values()].find(({ served }) => served.ref.group === group && served.kind === kind)?.served;
  }

  async #forgetOwners(id: string, object: KubeObject, uids: readonly string[]): Promise<void> {
    const served = this.#monitors.get(id)?.served;
    if (served === undefined) return;
    const { name, namespace, uid, ownerReferences = [] } = object.metadata;
    const kept = ownerReferences.filter((reference) => !uids.includes(reference.uid));
    const patch = { metadata: { ...(uid === undefined ? {} : { uid }), ownerReferences: kept.length === 0 ? null : kept } };
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    await ignoringGone(this.#context.api.patch(served.ref, target, 'merge', patch));
  }

  async #dropFinalizer(served: ServedResource, owner: KubeObject, finalizer: string): Promise<void> {
    const { name, namespace, resourceVersion, finalizers = [] } = owner.metadata;
    const kept = finalizers.filter((held) => held !== finalizer);
    const patch = {
      metadata: { ...(resourceVersion === undefined ? {} : { resourceVersion }), finalizers: kept.length === 0 ? null : kept },
    };
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    try {
      await this.#context.api.patch(served.ref, target, 'merge', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function haveOwnersChanged(now: KubeObject, before: KubeObject): boolean {
  return JSON.stringify(now.metadata.ownerReferences) !== JSON.stringify(before.metadata.ownerReferences);
}

/** A queue item names resource and object, for the queue knows one string. */
function itemOf(id: string, object: KubeObject): string {
  return `${id} ${keyOf(object)}`;
}

function splitItem(item: string): { readonly id: string; readonly key: string } {
  const space = item.indexOf(' ');
  return { id: item.slice(0, space), key: item.slice(space + 1) };
}

/** Gone already, or another object by now: nothing to do. */
async function ignoringGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
