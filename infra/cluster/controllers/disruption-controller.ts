import { isDeepStrictEqual } from 'node:util';
import type { Informer, InformerEvent } from '../client/informer.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { WorkQueue } from '../client/work-queue.ts';
import type {
  Condition,
  Deployment,
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../meta/generated/types.ts';
import { controllerOf } from '../meta/owner-reference.ts';
import { isPodReady, isPodTerminal } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { timeText } from '../meta/times.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';
import { scaledValue } from './deployment-plan.ts';

/** Says of each PodDisruptionBudget how many of its pods may be disrupted now; keeping evictions to it is the API server's work. */
export function startDisruptionController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const budgets = informers.informer<PodDisruptionBudget>(resources.podDisruptionBudgets);
  const pods = informers.informer<Pod>(resources.pods);
  const replicaSets = informers.informer<ReplicaSet>(resources.replicaSets);
  const deployments = informers.informer<Deployment>(resources.deployments);
  const statefulSets = informers.informer<StatefulSet>(resources.statefulSets);
  const replicationControllers = informers.informer<ReplicationController>(resources.replicationControllers);

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const budget = budgets.get(key);
    if (budget === undefined) return undefined;
    const namespace = budget.metadata.namespace ?? '';
    const covered = pods
      .inNamespace(namespace)
      .filter((pod) => labelSelectorMatches(budget.spec?.selector, pod.metadata.labels) && !isPodTerminal(pod));
    const status = budgetStatus(budget, covered, expectedCount(namespace, covered), timeText(clock.now()));
    if (isDeepStrictEqual(status, budget.status)) return undefined;
    await api.update<PodDisruptionBudget>(subresource(resources.podDisruptionBudgets, 'status'), { ...budget, status });
    return undefined;
  }

  /** How many pods there are meant to be: what their controllers ask for, or what there is where nobody asks. */
  function expectedCount(namespace: string, covered: readonly Pod[]): number {
    const wanted = new Map<string, number>();
    let loose = 0;
    for (const pod of covered) {
      const scale = scaleOf(namespace, pod);
      if (scale === undefined) loose += 1;
      else wanted.set(scale.uid, scale.replicas);
    }
    return loose + [...wanted.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  function scaleOf(namespace: string, pod: Pod): { readonly uid: string; readonly replicas: number } | undefined {
    const owner = controllerOf(pod);
    if (owner === undefined) return undefined;
    const held = scaledBy(owner.kind)?.get(objectKey(namespace, owner.name));
    const above = held === undefined ? undefined : controllerOf(held);
    const deployment = above?.kind === 'Deployment' ? deployments.get(`${namespace}/${above.name}`) : undefined;
    const scaled = deployment ?? held;
    return scaled === undefined ? undefined : { uid: scaled.metadata.uid ?? '', replicas: scaled.spec?.replicas ?? 1 };
  }

  function scaledBy(kind: string): Pick<Informer<ReplicaSet | StatefulSet | ReplicationController>, 'get'> | undefined {
    if (kind === 'ReplicaSet') return replicaSets;
    if (kind === 'StatefulSet') return statefulSets;
    return kind === 'ReplicationController' ? replicationControllers : undefined;
  }

  function onPod(queue: WorkQueue, event: InformerEvent<Pod>): void {
    const states = event.type === 'updated' ? [event.object, event.previous] : [event.object];
    for (const budget of budgets.inNamespace(event.object.metadata.namespace ?? '')) {
      if (states.some(({ metadata }) => labelSelectorMatches(budget.spec?.selector, metadata.labels))) queue.add(keyOf(budget));
    }
  }

  const onScale = (queue: WorkQueue, namespace: string | undefined): void => {
    for (const budget of budgets.inNamespace(namespace ?? '')) queue.add(keyOf(budget));
  };

  return startLoop(context, {
    name: 'disruption',
    waitFor: [
      awaitable(budgets),
      awaitable(pods),
      awaitable(replicaSets),
      awaitable(deployments),
      awaitable(statefulSets),
      awaitable(replicationControllers),
    ],
    watch: (queue) => [
      onSelf(budgets, queue),
      pods.subscribe((event) => onPod(queue, event)),
      deployments.subscribe(({ object }) => onScale(queue, object.metadata.namespace)),
      statefulSets.subscribe(({ object }) => onScale(queue, object.metadata.namespace)),
    ],
    reconcile,
  });
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  covered: readonly Pod[],
  expected: number,
  nowIso: string,
): PodDisruptionBudgetStatus {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const currentHealthy = covered.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  const expectedPods = typeof minAvailable === 'number' ? covered.length : expected;
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, '0', expectedPods, 'up')
      : Math.max(0, expectedPods - scaledValue(maxUnavailable, '0', expectedPods, 'up'));
  const allowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const { generation } = budget.metadata;
  const held = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const value = allowed > 0 ? 'True' : 'False';
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: value,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: held?.status === value ? held.lastTransitionTime : nowIso,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    disruptionsAllowed: allowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: [condition],
  };
}
