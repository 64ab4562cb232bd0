import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound, messageOf } from '../client/api-errors.ts';
import { Backoff } from '../client/backoff.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type { Namespace, NamespaceCondition, Pod } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { timeText } from '../meta/times.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';
import { ServedResources } from './served-resources.ts';

const FINALIZER = 'kubernetes';
/** How soon it is looked again at what is still there; pods that go ask for a look at once. */
const RETRY = { baseMs: 100, maxMs: 5_000 };

/** What is left in a namespace after all of it was told to go. */
interface Remains {
  /** `pods.` or `widgets.example.org`, with how many there are. */
  readonly counts: ReadonlyMap<string, number>;
  readonly finalizers: ReadonlyMap<string, number>;
  readonly errors: readonly string[];
}

/** Empties namespaces that are being deleted, custom resources included, and lets them go when nothing is left. */
export function startNamespaceController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const namespaces = informers.informer<Namespace>(resources.namespaces);
  const pods = informers.informer<Pod>(resources.pods);
  const served = new ServedResources(context);
  const backoff = new Backoff(RETRY);

  async function reconcile(name: string): Promise<ReconcileResult> {
    const held = namespaces.get(name);
    if (held === undefined || held.metadata.deletionTimestamp === undefined || !(held.spec?.finalizers ?? []).includes(FINALIZER)) {
      backoff.forget(name);
      return undefined;
    }
    const remains = await deleteContent(name);
    const namespace = await api.get<Namespace>(resources.namespaces, name);
    const conditions = conditionsOf(remains, namespace.status?.conditions ?? [], timeText(clock.now()));
    const isEmpty = remains.counts.size === 0 && remains.errors.length === 0;
    if (!isEmpty) {
      if (!isDeepStrictEqual(conditions, namespace.status?.conditions)) {
        await api.update<Namespace>(subresource(resources.namespaces, 'status'), {
          ...namespace,
          status: { ...namespace.status, conditions },
        });
      }
      return { requeueAfterMs: backoff.next(name) };
    }
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    await api.update<Namespace>(subresource(resources.namespaces, 'finalize'), { ...namespace, spec: { ...namespace.spec, finalizers } });
    return undefined;
  }

  async function deleteContent(namespace: string): Promise<Remains> {
    const counts = new Map<string, number>();
    const finalizers = new Map<string, number>();
    const errors: string[] = [];
    for (const { ref, isNamespaced } of served.all()) {
      if (!isNamespaced) continue;
      try {
        const { items } = await api.list<KubeObject>(ref, { namespace });
        for (const { metadata } of items) if (metadata.deletionTimestamp === undefined) await remove(ref, metadata);
        const left = items.length === 0 ? [] : (await api.list<KubeObject>(ref, { namespace })).items;
        if (left.length > 0) counts.set(`${ref.resource}.${ref.group}`, left.length);
        for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? []))
          finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      } catch (error) {
        // A custom resource may go with its definition between two looks.
        if (!isNotFound(error)) errors.push(messageOf(error));
      }
    }
    return { counts, finalizers, errors };
  }

  async function remove(ref: Parameters<typeof api.delete>[0], { name, namespace, uid }: KubeObject['metadata']): Promise<void> {
    try {
      await api.delete(ref, name, namespace, { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  return startLoop(context, {
    name: 'namespace',
    waitFor: [awaitable(namespaces), awaitable(pods), awaitable(served.definitions)],
    watch: (queue) => [
      onSelf(namespaces, queue),
      pods.subscribe(({ type, object }) => {
        const { namespace = '' } = object.metadata;
        if (type === 'deleted' && namespaces.get(namespace)?.metadata.deletionTimestamp !== undefined) queue.add(namespace);
      }),
    ],
    reconcile,
  });
}

/** The five conditions of a namespace on its way out, in Kubernetes' words. */
function conditionsOf({ counts, finalizers, errors }: Remains, held: readonly NamespaceCondition[], nowIso: string): NamespaceCondition[] {
  const list = (map: ReadonlyMap<string, number>, of: (name: string, count: number) => string): string =>
    [...map]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => of(name, count))
      .join(', ');
  const conditions: Omit<NamespaceCondition, 'lastTransitionTime'>[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    errors.length === 0
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'False',
          reason: 'ContentDeleted',
          message: 'All content successfully deleted, may be waiting on finalization',
        }
      : {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
        },
    counts.size === 0
      ? { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
      : {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${list(counts, (name, count) => `${name} has ${count} resource instances`)}`,
        },
    finalizers.size === 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${list(finalizers, (name, count) => `${name} in ${count} resource instances`)}`,
        },
  ];
  return conditions.map((condition) => {
    const before = held.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: before?.status === condition.status ? (before.lastTransitionTime ?? nowIso) : nowIso };
  });
}
