import { isDeepStrictEqual } from 'node:util';
import { isNamespaceTerminating } from '../client/api-errors.ts';
import { Expectations } from '../client/expectations.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type { ControllerRevision, DaemonSet, Node, Pod } from '../meta/generated/types.ts';
import { controllerOf } from '../meta/owner-reference.ts';
import { isPodReady } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { claimObjects } from './claim-objects.ts';
import { awaitable, disposeAll, onOwned, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { syncRevisions, truncateHistory } from './controller-revisions.ts';
import { daemonSetStatus, daemonTemplate, planDaemonSet, type DaemonStep } from './daemonset-plan.ts';
import { createPod, deletePod, podFromTemplate, type PodControl } from './pod-control.ts';
import { ReadyReports } from './ready-reports.ts';
import { revisionOfPod } from './statefulset-plan.ts';

const KIND = 'DaemonSet';

/** Keeps one pod on every node that a DaemonSet fits. */
export function startDaemonSetController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const sets = informers.informer<DaemonSet>(resources.daemonSets);
  const pods = informers.informer<Pod>(resources.pods);
  const nodes = informers.informer<Node>(resources.nodes);
  const revisions = informers.informer<ControllerRevision>(resources.controllerRevisions);
  const reports = new ReadyReports(context, pods);
  const recorder = recorderFor(context, 'daemonset-controller');
  const control: PodControl = { api, recorder };
  const expectations = new Expectations(clock);

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = sets.get(key);
    if (held === undefined || held.metadata.deletionTimestamp !== undefined) {
      expectations.forget(key);
      return undefined;
    }
    const set: DaemonSet = { ...held, apiVersion: 'apps/v1', kind: KIND };
    const namespace = set.metadata.namespace ?? '';
    const isSelected = (pod: Pod): boolean => labelSelectorMatches(set.spec?.selector, pod.metadata.labels);
    const isSatisfied = expectations.satisfied(key);
    const owned = await claimObjects(api, resources.pods, set, resources.daemonSets, isSelected, pods.inNamespace(namespace));
    const history = await syncRevisions(api, set, revisions.inNamespace(namespace));
    const revision = history.update.metadata.labels?.['controller.kubernetes.io/hash'] ?? history.update.metadata.name;
    const counted = reports.count(owned);
    try {
      if (isSatisfied) await applyAll(key, set, planDaemonSet(set, nodes.all(), owned, revision, clock.now()), revision);
    } finally {
      await writeStatus(set, counted.pods, revision);
    }
    const live = new Set(owned.flatMap((pod) => revisionOfPod(pod) ?? []).map((hash) => `${set.metadata.name}-${hash}`));
    await truncateHistory(api, history, live, set.spec?.revisionHistoryLimit ?? 10);
    const waitMs = counted.waitMs ?? (set.spec?.minReadySeconds ?? 0) * 1000;
    return waitMs > 0 && owned.some(isPodReady) ? { requeueAfterMs: waitMs } : undefined;
  }

  async function applyAll(key: ObjectKey, set: DaemonSet, steps: readonly DaemonStep[], revision: string): Promise<void> {
    const creations = steps.filter(({ kind }) => kind === 'create').length;
    const deletions = steps.flatMap((step) => (step.kind === 'delete' ? [step.pod.metadata.uid ?? ''] : []));
    if (steps.length > 0) expectations.expect(key, { creations, deletions });
    let failure: unknown;
    for (const step of steps) {
      try {
        if (step.kind === 'delete') await deletePod(control, set, step.pod);
        else await createPod(control, set, podFromTemplate(set, daemonTemplate(set, step.nodeName, revision)));
      } catch (error) {
        if (step.kind === 'create') expectations.creationObserved(key);
        else expectations.deletionObserved(key, step.pod.metadata.uid ?? '');
        failure ??= error;
      }
    }
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure as Error;
  }

  async function writeStatus(set: DaemonSet, owned: readonly Pod[], revision: string): Promise<void> {
    const status = daemonSetStatus(set, nodes.all(), owned, revision, clock.now());
    if (isDeepStrictEqual(status, set.status)) return;
    await api.update<DaemonSet>(subresource(resources.daemonSets, 'status'), { ...set, status });
  }

  const loop = startLoop(context, {
    name: 'daemonset',
    waitFor: [awaitable(sets), awaitable(pods), awaitable(nodes), awaitable(revisions)],
    watch: (queue) => [
      reports,
      onSelf(sets, queue),
      pods.subscribe(({ type, object }) => {
        const owner = controllerOf(object);
        if (owner?.kind !== KIND) return;
        const key = objectKey(object.metadata.namespace, owner.name);
        if (type === 'added') expectations.creationObserved(key);
        if (type === 'deleted' || object.metadata.deletionTimestamp !== undefined)
          expectations.deletionObserved(key, object.metadata.uid ?? '');
      }),
      onOwned(pods, KIND, queue),
      nodes.subscribe((event) => {
        if (
          event.type === 'updated' &&
          isDeepStrictEqual([event.object.metadata.labels, event.object.spec], [event.previous.metadata.labels, event.previous.spec])
        )
          return;
        for (const set of sets.all()) queue.add(keyOf(set));
      }),
    ],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}
