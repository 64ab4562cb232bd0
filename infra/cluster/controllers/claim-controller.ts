import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists } from '../client/api-errors.ts';
import { keyOf, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import { claimNamesOf, provisionerName } from '../client/volumes.ts';
import type { WorkQueue } from '../client/work-queue.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';
import { isPodTerminal } from '../meta/pod-status.ts';
import { bindCompletedKey, planClaim, type ClaimStep } from './claim-plan.ts';
import { awaitable, disposeAll, onSelf, recorderFor, startLoop, type ControllerContext } from './controller-context.ts';
import { releaseFinalizer } from './volume-controller.ts';

const KIND = 'PersistentVolumeClaim';
const PROTECTION = 'kubernetes.io/pvc-protection';
const boundByControllerKey = 'pv.kubernetes.io/bound-by-controller';
const provisionerKey = 'volume.kubernetes.io/storage-provisioner';

/** Binds claims to volumes, makes volumes for them on the node that the scheduler chose, and keeps claims that pods use. */
export function startClaimController(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const claims = informers.informer<PersistentVolumeClaim>(resources.persistentVolumeClaims);
  const volumes = informers.informer<PersistentVolume>(resources.persistentVolumes);
  const classes = informers.informer<StorageClass>(resources.storageClasses);
  const nodes = informers.informer<Node>(resources.nodes);
  const pods = informers.informer<Pod>(resources.pods);
  const recorder = recorderFor(context, 'persistentvolume-controller');
  const provisioner = recorderFor(context, provisionerName);

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const held = claims.get(key);
    if (held === undefined) return undefined;
    const claim: PersistentVolumeClaim = { ...held, apiVersion: 'v1', kind: KIND };
    const podsHere = pods.inNamespace(claim.metadata.namespace ?? '');
    if (claim.metadata.deletionTimestamp !== undefined) {
      const isUsed = podsHere.some((pod) => !isPodTerminal(pod) && claimNamesOf(pod).includes(claim.metadata.name));
      if (!isUsed) await releaseFinalizer(api, resources.persistentVolumeClaims, claim, PROTECTION);
      return undefined;
    }
    const world = { volumes: volumes.all(), classes: classes.all(), nodes: nodes.all(), pods: podsHere };
    await apply(claim, planClaim(claim, world));
    return undefined;
  }

  async function apply(claim: PersistentVolumeClaim, step: ClaimStep): Promise<void> {
    switch (step.kind) {
      case 'wait':
        recorder.record(claim, step.type, step.reason, step.message);
        return writeStatus(claim, { ...claim.status, phase: 'Pending' });
      case 'lost':
        if (claim.status?.phase !== 'Lost') recorder.record(claim, 'Warning', step.reason, step.message);
        return writeStatus(claim, { phase: 'Lost' });
      case 'provision':
        return bind(claim, await provision(claim, step.volume));
      case 'bind':
        return bind(claim, step.volume);
    }
  }

  async function provision(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolume> {
    const { name, namespace = '' } = claim.metadata;
    provisioner.record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${namespace}/${name}"`);
    const made = await api.create<PersistentVolume>(resources.persistentVolumes, volume).catch((error: unknown) => {
      // Named after the claim's uid: it was made before and the copy does not show it yet.
      if (isAlreadyExists(error)) return api.get<PersistentVolume>(resources.persistentVolumes, volume.metadata.name);
      throw error;
    });
    provisioner.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${made.metadata.name}`);
    return made;
  }

  /** First the volume says whose it is, then the claim says which it has: repeated after a crash in between, it ends the same. */
  async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { name, namespace = '', uid = '', resourceVersion = '', annotations } = claim.metadata;
    if (volume.spec?.claimRef?.uid !== uid) {
      const claimRef = { kind: KIND, apiVersion: 'v1', namespace, name, uid, resourceVersion };
      const metadata = { ...volume.metadata, annotations: { ...volume.metadata.annotations, [boundByControllerKey]: 'yes' } };
      await api.update<PersistentVolume>(resources.persistentVolumes, { ...volume, metadata, spec: { ...volume.spec, claimRef } });
    }
    const wanted = {
      ...annotations,
      [bindCompletedKey]: 'yes',
      ...(claim.spec?.volumeName === undefined ? { [boundByControllerKey]: 'yes', ...provisionerOf(volume) } : {}),
    };
    const isNamed = claim.spec?.volumeName === volume.metadata.name && isDeepStrictEqual(wanted, annotations);
    const named = isNamed
      ? claim
      : await api.update<PersistentVolumeClaim>(resources.persistentVolumeClaims, {
          ...claim,
          metadata: { ...claim.metadata, annotations: wanted },
          spec: { ...claim.spec, volumeName: volume.metadata.name },
        });
    const { accessModes = [], capacity = {} } = volume.spec ?? {};
    await writeStatus(named, { ...named.status, phase: 'Bound', accessModes: [...accessModes], capacity: { ...capacity } });
  }

  async function writeStatus(claim: PersistentVolumeClaim, status: NonNullable<PersistentVolumeClaim['status']>): Promise<void> {
    if (isDeepStrictEqual(status, claim.status)) return;
    await api.update<PersistentVolumeClaim>(subresource(resources.persistentVolumeClaims, 'status'), { ...claim, status });
  }

  /** What may bring a claim that waits to its volume, or takes a bound one's away. */
  function onVolumes(queue: WorkQueue, volumeName?: string): void {
    for (const claim of claims.all()) {
      const isBound = claim.status?.phase === 'Bound';
      if (!isBound || (volumeName !== undefined && claim.spec?.volumeName === volumeName)) queue.add(keyOf(claim));
    }
  }

  const loop = startLoop(context, {
    name: 'claim',
    // One worker: two claims must not take the same volume.
    workers: 1,
    waitFor: [awaitable(claims), awaitable(volumes), awaitable(classes), awaitable(nodes), awaitable(pods)],
    watch: (queue) => [
      onSelf(claims, queue),
      volumes.subscribe(({ object }) => onVolumes(queue, object.metadata.name)),
      classes.subscribe(() => onVolumes(queue)),
      pods.subscribe((event) => {
        if (event.type === 'updated' && isSamePlace(event.object, event.previous)) return;
        for (const name of claimNamesOf(event.object)) queue.add(objectKey(event.object.metadata.namespace, name));
      }),
    ],
    reconcile,
  });
  return disposeAll([recorder, provisioner, loop]);
}

function provisionerOf({ metadata }: PersistentVolume): Record<string, string> {
  const name = metadata.annotations?.['pv.kubernetes.io/provisioned-by'];
  return name === undefined ? {} : { [provisionerKey]: name };
}

/** Of a pod only where it is and whether it has ended matter to its claims. */
function isSamePlace(now: Pod, before: Pod): boolean {
  return now.spec?.nodeName === before.spec?.nodeName && isPodTerminal(now) === isPodTerminal(before);
}
