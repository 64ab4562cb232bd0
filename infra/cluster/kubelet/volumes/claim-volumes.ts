import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '../../client/api-client.ts';
import { orAbsent } from '../../client/api-errors.ts';
import { resources } from '../../client/resources.ts';
import { provisionedByKey, provisionerName } from '../../client/volumes.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../meta/generated/types.ts';
import { VolumeError, safePath } from './payload.ts';

/** The folder of what outlives pods, below the cluster's data folder. */
export function volumesDirOf(dataDir: string): string {
  return join(dataDir, 'volumes');
}

/**
 * Where a volume's data lies. The paths that volumes name (`local`, `hostPath`) are those of a virtual node's disk and never of the
 * host's: they only tell volumes apart, so that whoever makes a volume reaches nothing but what such volumes hold.
 */
export function volumeFolder(volumesDir: string, { metadata, spec }: PersistentVolume): string {
  if (isProvisioned(metadata)) return join(volumesDir, 'provisioned', safePath(metadata.name));
  const path = spec?.local?.path ?? spec?.hostPath?.path;
  if (path === undefined) throw new VolumeError('this cluster does not provide volumes of that type');
  return join(volumesDir, 'named', createHash('sha256').update(path).digest('hex'));
}

/** The volume that a claim is bound to. Throws a {@link VolumeError} while it is bound to none. */
export async function boundVolume(api: ApiClient, namespace: string, claimName: string): Promise<PersistentVolume> {
  const claim = await orAbsent(api.get<PersistentVolumeClaim>(resources.persistentVolumeClaims, claimName, namespace));
  if (claim === undefined) throw new VolumeError(`persistentvolumeclaim "${claimName}" not found`);
  const { volumeName } = claim.spec ?? {};
  const volume = volumeName === undefined ? undefined : await orAbsent(api.get<PersistentVolume>(resources.persistentVolumes, volumeName));
  if (claim.status?.phase !== 'Bound' || volume === undefined) throw new VolumeError(`persistentvolumeclaim "${claimName}" is not bound`);
  return volume;
}

/** Removes the data of a volume that the cluster's own provisioner made; what people made by hand stays. */
export async function removeVolumeData(volumesDir: string, volume: PersistentVolume): Promise<void> {
  if (isProvisioned(volume.metadata)) await rm(volumeFolder(volumesDir, volume), { recursive: true, force: true });
}

/** Removes provisioned data whose volume was deleted while nobody was there to do it. */
export async function removeStrayData(volumesDir: string, known: ReadonlySet<string>): Promise<void> {
  const folder = join(volumesDir, 'provisioned');
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  });
  for (const name of names) if (!known.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}

function isProvisioned({ annotations }: PersistentVolume['metadata']): boolean {
  return annotations?.[provisionedByKey] === provisionerName;
}
