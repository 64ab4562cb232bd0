import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, isNamespaceTerminating, isNotFound, messageOf, orAbsent } from '../client/api-errors.ts';
import type { ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import type { ReconcileResult } from '../client/run-controller.ts';
import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
} from '../meta/generated/types.ts';
import { controllerReference } from '../meta/owner-reference.ts';
import { isPodReady } from '../meta/pod-status.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { claimObjects } from './claim-objects.ts';
import { awaitable, disposeAll, onOwned, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { revisionHashLabel, syncRevisions, templateOf, truncateHistory, type RevisionHistory } from './controller-revisions.ts';
import { podFromTemplate } from './pod-control.ts';
import { ReadyReports } from './ready-reports.ts';
import { ordinalOf, planStatefulSet, revisionOfPod, statefulSetStatus, type StatefulStep } from './statefulset-plan.ts';

const KIND = 'StatefulSet';

/** Keeps pods with a name, a place in the order and claims of their own. */
export function startStatefulSetController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const sets = informers.informer<StatefulSet>(resources.statefulSets);
  const pods = informers.informer<Pod>(resources.pods);
  const revisions = informers.informer<ControllerRevision>(resources.controllerRevisions);
  const reports = new ReadyReports(context, pods);
  const recorder = recorderFor(context, 'statefulset-controller');

  async function reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const held = sets.get(key);
    if (held === undefined || held.metadata.deletionTimestamp !== undefined) return undefined;
    const set: StatefulSet = { ...held, apiVersion: 'apps/v1', kind: KIND };
    const namespace = set.metadata.namespace ?? '';
    const isSelected = (pod: Pod): boolean =>
      labelSelectorMatches(set.spec?.selector, pod.metadata.labels) && ordinalOf(set, pod) !== undefined;
    const owned = await claimObjects(api, resources.pods, set, resources.statefulSets, isSelected, pods.inNamespace(namespace));
    const history = await syncRevisions(api, set, revisions.inNamespace(namespace));
    const update = history.update.metadata.name;
    const current = history.all.find(({ metadata }) => metadata.name === set.status?.currentRevision)?.metadata.name ?? update;
    const names = { current, update };
    const counted = reports.count(owned);
    try {
      for (const step of planStatefulSet(set, owned, names, clock.now())) await apply(set, step, history);
    } finally {
      await writeStatus(set, counted.pods, names);
    }
    const live = new Set([current, ...owned.flatMap((pod) => revisionOfPod(pod) ?? [])]);
    await truncateHistory(api, history, live, set.spec?.revisionHistoryLimit ?? 10);
    const waitMs = counted.waitMs ?? (set.spec?.minReadySeconds ?? 0) * 1000;
    return waitMs > 0 && owned.some(isPodReady) ? { requeueAfterMs: waitMs } : undefined;
  }

  async function apply(set: StatefulSet, step: StatefulStep, history: RevisionHistory): Promise<void> {
    const name = step.kind === 'create' ? `${set.metadata.name}-${step.ordinal}` : step.pod.metadata.name;
    const said = `${step.kind} Pod ${name} in StatefulSet ${set.metadata.name}`;
    const reason = step.kind === 'create' ? 'Create' : 'Delete';
    try {
      if (step.kind === 'create') await createMember(set, step, history);
      else {
        const { uid, namespace } = step.pod.metadata;
        if (isScaledAway(set, step.pod)) await giveClaims(set, step.pod);
        await api.delete(resources.pods, name, namespace, uid === undefined ? {} : { preconditions: { uid } });
      }
      recorder.record(set, 'Normal', `Successful${reason}`, `${said} successful`);
    } catch (error) {
      // The name may still be held by a pod that is on its way out and that the copy has lost already.
      if (isNotFound(error) || isAlreadyExists(error) || isNamespaceTerminating(error)) return;
      recorder.record(set, 'Warning', `Failed${reason}`, `${said} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  async function createMember(
    set: StatefulSet,
    { ordinal, revision }: Extract<StatefulStep, { kind: 'create' }>,
    { all }: RevisionHistory,
  ): Promise<void> {
    const kept = all.find(({ metadata }) => metadata.name === revision);
    const pod = memberPod(set, kept === undefined ? set.spec?.template : templateOf(kept), ordinal, revision);
    for (const claim of claimsFor(set, ordinal)) await createClaim(set, claim, pod.metadata.name);
    await api.create<Pod>(resources.pods, pod);
  }

  async function createClaim(set: StatefulSet, claim: PersistentVolumeClaim, podName: string): Promise<void> {
    const said = `create Claim ${claim.metadata.name} Pod ${podName} in StatefulSet ${set.metadata.name}`;
    try {
      await api.create<PersistentVolumeClaim>(resources.persistentVolumeClaims, claim);
      recorder.record(set, 'Normal', 'SuccessfulCreate', `${said} success`);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      if (!isNamespaceTerminating(error)) recorder.record(set, 'Warning', 'FailedCreate', `${said} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Lets a pod that is scaled away take its claims along. */
  async function giveClaims(set: StatefulSet, pod: Pod): Promise<void> {
    const { name, uid = '' } = pod.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
    for (const claim of claimsFor(set, ordinalOf(set, pod) ?? 0)) {
      const { name: claimed, namespace = '' } = claim.metadata;
      await orAbsent(api.patch(resources.persistentVolumeClaims, { name: claimed, namespace }, 'merge', { metadata: { ownerReferences } }));
    }
  }

  async function writeStatus(set: StatefulSet, owned: readonly Pod[], names: Parameters<typeof statefulSetStatus>[2]): Promise<void> {
    const status = statefulSetStatus(set, owned, names, clock.now());
    if (isDeepStrictEqual(status, set.status)) return;
    await api.update<StatefulSet>(subresource(resources.statefulSets, 'status'), { ...set, status });
  }

  const loop = startLoop(context, {
    name: 'statefulset',
    waitFor: [awaitable(sets), awaitable(pods), awaitable(revisions)],
    watch: (queue) => [reports, onSelf(sets, queue), onOwned(pods, KIND, queue)],
    reconcile,
  });
  return disposeAll([recorder, loop]);
}

function memberPod(set: StatefulSet, template: Parameters<typeof podFromTemplate>[1], ordinal: number, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(set, template, name);
  const claimed = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
  }));
  const names = new Set(claimed.map((volume) => volume.name));
  const volumes = [...(pod.spec?.volumes ?? []).filter((volume) => !names.has(volume.name)), ...claimed];
  const labels = {
    ...pod.metadata.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionHashLabel]: revision,
  };
  const spec = pod.spec ?? { containers: [] };
  const subdomain = set.spec?.serviceName;
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...spec, hostname: name, ...(subdomain === undefined ? {} : { subdomain }), ...(volumes.length === 0 ? {} : { volumes }) },
  };
}

function claimsFor(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(set, metadata.name, ordinal),
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...metadata.labels, ...set.spec?.selector.matchLabels },
      ...(retention(set).whenDeleted === 'Delete' ? { ownerReferences: [controllerReference(set)] } : {}),
    },
    ...(spec === undefined ? {} : { spec }),
  }));
}

function retention({ spec }: StatefulSet): StatefulSetPersistentVolumeClaimRetentionPolicy {
  return spec?.persistentVolumeClaimRetentionPolicy ?? {};
}

/** The pod goes because the set has become smaller, and its claims are to go with it. */
function isScaledAway(set: StatefulSet, pod: Pod): boolean {
  const { replicas = 1, ordinals } = set.spec ?? {};
  const start = ordinals?.start ?? 0;
  const ordinal = ordinalOf(set, pod) ?? start;
  return retention(set).whenScaled === 'Delete' && (ordinal < start || ordinal >= start + replicas);
}

function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}
