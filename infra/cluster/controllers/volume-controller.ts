import type { ApiClient } from '../client/api-client.ts';
import { isConflict, isNotFound, orAbsent } from '../client/api-errors.ts';
import { objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources, subresource } from '../client/resources.ts';
import { provisionedByKey, provisionerName } from '../client/volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../meta/generated/types.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { timeText } from '../meta/times.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

const PROTECTION = 'kubernetes.io/pv-protection';

/** Says what volumes are to their claims, and takes away those of the cluster's own provisioner whose claim is gone. */
export function startVolumeController(context: ControllerContext): AsyncDisposable {
  const { api, informers, clock } = context;
  const volumes = informers.informer<PersistentVolume>(resources.persistentVolumes);
  const claims = informers.informer<PersistentVolumeClaim>(resources.persistentVolumeClaims);

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const volume = volumes.get(key);
    if (volume === undefined) return undefined;
    const phase = await phaseOf(volume);
    if (volume.metadata.deletionTimestamp !== undefined) {
      if (phase !== 'Bound') await releaseFinalizer(api, resources.persistentVolumes, volume, PROTECTION);
      return undefined;
    }
    if (phase !== volume.status?.phase) {
      const status = { ...volume.status, phase, lastPhaseTransitionTime: timeText(clock.now()) };
      await api.update<PersistentVolume>(subresource(resources.persistentVolumes, 'status'), { ...volume, status });
    }
    if (phase === 'Released' && isOurs(volume)) await remove(volume);
    return undefined;
  }

  async function phaseOf({ spec }: PersistentVolume): Promise<'Available' | 'Bound' | 'Released'> {
    const { name = '', namespace, uid = '' } = spec?.claimRef ?? {};
    if (uid === '') return 'Available';
    if (claims.get(objectKey(namespace, name))?.metadata.uid === uid) return 'Bound';
    // A copy that lags behind must not cost anybody their data.
    const claim = await orAbsent(api.get<PersistentVolumeClaim>(resources.persistentVolumeClaims, name, namespace));
    return claim?.metadata.uid === uid ? 'Bound' : 'Released';
  }

  async function remove({ metadata }: PersistentVolume): Promise<void> {
    const preconditions = metadata.uid === undefined ? {} : { uid: metadata.uid };
    await orAbsent(api.delete(resources.persistentVolumes, metadata.name, undefined, { preconditions }));
  }

  return startLoop(context, {
    name: 'volume',
    waitFor: [awaitable(volumes), awaitable(claims)],
    watch: (queue) => [
      onSelf(volumes, queue),
      claims.subscribe(({ object }) => {
        for (const { spec, metadata } of volumes.all()) if (spec?.claimRef?.uid === object.metadata.uid) queue.add(metadata.name);
      }),
    ],
    reconcile,
  });
}

function isOurs({ metadata, spec }: PersistentVolume): boolean {
  return metadata.annotations?.[provisionedByKey] === provisionerName && spec?.persistentVolumeReclaimPolicy === 'Delete';
}

/** Takes one finalizer off an object; one that is gone or has just changed is left to the next turn. */
export async function releaseFinalizer(api: ApiClient, ref: ResourceRef, { metadata }: KubeObject, finalizer: string): Promise<void> {
  const { name, namespace, uid, finalizers = [] } = metadata;
  if (!finalizers.includes(finalizer)) return;
  const kept = finalizers.filter((held) => held !== finalizer);
  const target = { name, ...(namespace === undefined ? {} : { namespace }) };
  try {
    await api.patch(ref, target, 'merge', { metadata: { uid, finalizers: kept.length === 0 ? null : kept } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
