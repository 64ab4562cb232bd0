import { isDeepStrictEqual } from 'node:util';
import { isNamespaceTerminating, messageOf } from '../client/api-errors.ts';
import { Expectations } from '../client/expectations.ts';
import type { InformerEvent } from '../client/informer.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type { WorkQueue } from '../client/work-queue.ts';
import type { LabelSelector, Pod, ReplicaSet, ReplicaSetStatus } from '../meta/generated/types.ts';
import type { ResourceRef } from '../meta/kube-object.ts';
import { controllerOf } from '../meta/owner-reference.ts';
import { isPodActive, isPodReady } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { timeText } from '../meta/times.ts';
import { claimObjects } from './claim-objects.ts';
import { awaitable, disposeAll, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { createPod, deletePod, podFromTemplate, slowStart, type PodControl } from './pod-control.ts';
import { ReadyReports } from './ready-reports.ts';
import { planReplicas, replicaSetStatus, type ReplicaFailure } from './replicaset-plan.ts';

/** A kind whose pods are kept as a ReplicaSet's are. */
interface ReplicaKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: ResourceRef;
  /** As events and logs name the controller. */
  readonly component: string;
  readonly selectorOf: (object: ReplicaSet) => LabelSelector | undefined;
  readonly statusOf: (status: ReplicaSetStatus) => ReplicaSetStatus;
}

const replicaSetKind: ReplicaKind = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  resource: resources.replicaSets,
  component: 'replicaset-controller',
  selectorOf: ({ spec }) => spec?.selector,
  statusOf: (status) => status,
};
const replicationControllerKind: ReplicaKind = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  resource: resources.replicationControllers,
  component: 'replication-controller',
  // It selects by labels alone, and does not count pods that are going.
  selectorOf: ({ spec }) => ({ matchLabels: (spec?.selector ?? {}) as Record<string, string> }),
  statusOf: ({ terminatingReplicas: _terminating, ...status }) => status,
};

/** Keeps as many pods of each ReplicaSet as it asks for, and of each ReplicationController, which differs in its selector only. */
export function startReplicaSetController(context: ControllerContext): AsyncDisposable {
  return disposeAll([startController(context, replicaSetKind), startController(context, replicationControllerKind)]);
}

function startController(context: ControllerContext, replicaKind: ReplicaKind): AsyncDisposable {
  const { apiVersion, kind, resource, component, selectorOf, statusOf } = replicaKind;
  const { api, informers, clock } = context;
  const replicaSets = informers.informer<ReplicaSet>(resource);
  const pods = informers.informer<Pod>(resources.pods);
  const recorder = recorderFor(context, component);
  const control: PodControl = { api, recorder };
  const expectations = new Expectations(clock);
  const reports = new ReadyReports(context, pods);

  function onPod(queue: WorkQueue, event: InformerEvent<Pod>): void {
    const { object: pod } = event;
    const owner = controllerOf(pod);
    if (owner === undefined) {
      if (event.type !== 'deleted') for (const each of selecting(pod)) queue.add(keyOf(each));
      return;
    }
    if (owner.kind !== kind) return;
    const key = objectKey(pod.metadata.namespace, owner.name);
    if (event.type === 'added') expectations.creationObserved(key);
    if (event.type === 'deleted' || pod.metadata.deletionTimestamp !== undefined)
      expectations.deletionObserved(key, pod.metadata.uid ?? '');
    queue.add(key);
    // A pod that has just become ready becomes available only later.
    const minReadyMs = (replicaSets.get(key)?.spec?.minReadySeconds ?? 0) * 1000;
    if (minReadyMs > 0 && isPodReady(pod)) queue.addAfter(key, minReadyMs + 1_000);
  }

  function selecting(pod: Pod): readonly ReplicaSet[] {
    return replicaSets
      .inNamespace(pod.metadata.namespace ?? '')
      .filter((each) => labelSelectorMatches(selectorOf(each), pod.metadata.labels));
  }

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const replicaSet = replicaSets.get(key);
    if (replicaSet === undefined) {
      expectations.forget(key);
      return undefined;
    }
    const isSatisfied = expectations.satisfied(key);
    const namespacePods = pods.inNamespace(replicaSet.metadata.namespace ?? '');
    const isSelected = (pod: Pod): boolean => labelSelectorMatches(selectorOf(replicaSet), pod.metadata.labels);
    const owned = await claimObjects(api, resources.pods, withType(replicaSet), resource, isSelected, namespacePods);
    let failure: ReplicaFailure | undefined;
    let error: unknown;
    if (isSatisfied && replicaSet.metadata.deletionTimestamp === undefined) {
      ({ failure, error } = await manage(key, replicaSet, owned));
    }
    const counted = reports.count(owned);
    await writeStatus(replicaSet, counted.pods, failure);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error as Error;
    return counted.waitMs === undefined ? undefined : { requeueAfterMs: counted.waitMs };
  }

  async function manage(
    key: ObjectKey,
    replicaSet: ReplicaSet,
    owned: readonly Pod[],
  ): Promise<{ failure?: ReplicaFailure; error?: unknown }> {
    const owner = withType(replicaSet);
    const plan = planReplicas(replicaSet, owned.filter(isPodActive), relatedTo(replicaSet));
    if (plan.kind === 'none') return {};
    if (plan.kind === 'create') {
      expectations.expect(key, { creations: plan.count });
      const { done, error } = await slowStart(plan.count, () =>
        createPod(control, owner, podFromTemplate(owner, replicaSet.spec?.template)),
      );
      // What was not created will not be observed either.
      for (let skipped = done; skipped < plan.count; skipped += 1) expectations.creationObserved(key);
      return error === undefined ? {} : { error, failure: { reason: 'FailedCreate', message: messageOf(error) } };
    }
    expectations.expect(key, { deletions: plan.pods.map(({ metadata }) => metadata.uid ?? '') });
    const results = await Promise.allSettled(plan.pods.map((pod) => deletePod(control, owner, pod)));
    let firstError: unknown;
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      expectations.deletionObserved(key, plan.pods[index]?.metadata.uid ?? '');
      firstError ??= result.reason;
    }
    return firstError === undefined ? {} : { error: firstError, failure: { reason: 'FailedDelete', message: messageOf(firstError) } };
  }

  /** The pods of all ReplicaSets that share its owner, such as the old and the new of one Deployment. */
  function relatedTo(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = replicaSets
      .inNamespace(replicaSet.metadata.namespace ?? '')
      .filter((other) => owner !== undefined && controllerOf(other)?.uid === owner.uid);
    const uids = new Set([replicaSet, ...siblings].map(({ metadata }) => metadata.uid));
    return pods.inNamespace(replicaSet.metadata.namespace ?? '').filter((pod) => uids.has(controllerOf(pod)?.uid));
  }

  async function writeStatus(replicaSet: ReplicaSet, owned: readonly Pod[], failure: ReplicaFailure | undefined): Promise<void> {
    const nowMs = clock.now();
    const status = statusOf(replicaSetStatus(replicaSet, owned, failure, nowMs, timeText(nowMs)));
    if (isDeepStrictEqual(status, replicaSet.status)) return;
    await api.update<ReplicaSet>(subresource(resource, 'status'), { ...replicaSet, status });
  }

  const loop = startLoop(context, {
    name: component,
    waitFor: [awaitable(replicaSets), awaitable(pods)],
    watch: (queue) => [reports, onSelf(replicaSets, queue), pods.subscribe((event) => onPod(queue, event))],
    reconcile,
  });
  return disposeAll([recorder, loop]);

  /** Lists may leave an item's type out; owner references and events need it. */
  function withType(replicaSet: ReplicaSet): ReplicaSet {
    return { ...replicaSet, apiVersion, kind };
  }
}
