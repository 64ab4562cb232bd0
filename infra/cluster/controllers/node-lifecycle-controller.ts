import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound } from '../client/api-errors.ts';
import { markDisrupted } from '../client/mark-disrupted.ts';
import { resources } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import { isConditionTrue } from '../meta/condition.ts';
import type { Node, Pod } from '../meta/generated/types.ts';
import { isPodTerminal } from '../meta/pod-status.ts';
import { awaitable, disposeAll, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { evictionTimeMs, plannedTaints } from './node-lifecycle-plan.ts';

/** Of controllers and scheduler, only those that already look pods up by node know the index. */
const NODE_INDEX = 'node';
/** As Kubernetes' pod garbage collector. */
const QUARANTINE_MS = 40_000;

/** Taints nodes by what they can do, and evicts pods that do not tolerate it. Pods of nodes that are gone are removed. */
export function startNodeLifecycleController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const nodes = informers.informer<Node>(resources.nodes);
  const pods = informers.informer<Pod>(resources.pods);
  pods.addIndex(NODE_INDEX, ({ spec }) => [spec?.nodeName ?? '']);
  const recorder = recorderFor(context, 'node-controller');
  const absentSinceMs = new Map<string, number>();

  async function reconcile(name: string): Promise<ReconcileResult> {
    const node = nodes.get(name);
    const here = pods.byIndex(NODE_INDEX, name);
    if (node === undefined) return removeStranded(name, here);
    absentSinceMs.delete(name);
    const nowMs = clock.now();
    const taints = plannedTaints(node, nodes.all().some(isReady), nowMs);
    if (!isDeepStrictEqual(taints, node.spec?.taints ?? [])) {
      const { taints: _taints, ...spec } = node.spec ?? {};
      await api.update<Node>(resources.nodes, { ...node, spec: taints.length === 0 ? spec : { ...spec, taints: [...taints] } });
    }
    let nextMs = Infinity;
    for (const pod of here) {
      if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) continue;
      const atMs = evictionTimeMs(pod, taints, nowMs);
      if (atMs === undefined) continue;
      if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      else {
        recorder.record(
          { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
          'Normal',
          'TaintManagerEviction',
          `Marking for deletion Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`,
        );
        await remove(pod, { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' });
      }
    }
    return nextMs === Infinity ? undefined : { requeueAfterMs: nextMs - nowMs };
  }

  /** Pods of a node that does not exist go once it has stayed so for a while: it may be about to register. */
  async function removeStranded(name: string, here: readonly Pod[]): Promise<ReconcileResult> {
    if (here.length === 0) {
      absentSinceMs.delete(name);
      return undefined;
    }
    const nowMs = clock.now();
    const sinceMs = absentSinceMs.get(name) ?? nowMs;
    absentSinceMs.set(name, sinceMs);
    if (nowMs - sinceMs < QUARANTINE_MS) return { requeueAfterMs: sinceMs + QUARANTINE_MS - nowMs };
    for (const pod of here) await remove(pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }, 0);
    return undefined;
  }

  async function remove(pod: Pod, cause: Parameters<typeof markDisrupted>[2], gracePeriodSeconds?: number): Promise<void> {
    const { metadata } = pod;
    await markDisrupted(context, pod, cause);
    const preconditions = metadata.uid === undefined ? {} : { uid: metadata.uid };
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await api.delete(resources.pods, metadata.name, metadata.namespace, { preconditions, ...grace }).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }

  const loop = startLoop(context, {
    name: 'node-lifecycle',
    waitFor: [awaitable(nodes), awaitable(pods)],
    watch: (queue) => [
      onSelf(nodes, queue),
      nodes.subscribe((event) => {
        // Whether any node is ready decides for all of them.
        if (event.type === 'updated' && isReady(event.object) === isReady(event.previous)) return;
        for (const { metadata } of nodes.all()) queue.add(metadata.name);
      }),
      pods.subscribe(({ type, object }) => {
        const { nodeName } = object.spec ?? {};
        if (type !== 'deleted' && nodeName !== undefined && mayBeEvicted(nodes.get(nodeName))) queue.add(nodeName);
      }),
    ],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}

function mayBeEvicted(node: Node | undefined): boolean {
  return node === undefined || (node.spec?.taints ?? []).some(({ effect }) => effect === 'NoExecute');
}

function isReady({ status }: Node): boolean {
  return isConditionTrue(status?.conditions, 'Ready');
}
