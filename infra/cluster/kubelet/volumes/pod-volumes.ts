import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '../../client/api-client.ts';
import { messageOf, refusalReason } from '../../client/api-errors.ts';
import type { Clock } from '../../meta/clock.ts';
import type { Pod, Volume, VolumeProjection } from '../../meta/generated/types.ts';
import type { ReferenceReader } from '../container-env.ts';
import type { PodPlace } from '../field-values.ts';
import { AtomicWriter } from './atomic-writer.ts';
import { boundVolume, volumeFolder } from './claim-volumes.ts';
import { configMapPayload, downwardPayload, secretPayload, VolumeError, safePath, type Payload, type PayloadFile } from './payload.ts';
import { requestToken, type PodToken } from './token-source.ts';

export interface PodVolumesOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly references: ReferenceReader;
  /** The pod's own folder below the cluster's data folder. */
  readonly podDir: string;
  /** The folder of the volumes that outlive pods. */
  readonly volumesDir: string;
  /** Who containers' root is to the host's files, where that is not who we are. */
  readonly rootId?: number | undefined;
}

/** A volume on the host's disk. */
export interface VolumePlace {
  readonly hostPath: string;
  /** Volumes that the kubelet writes are read-only for containers. */
  readonly isReadOnly: boolean;
  /** It outlives the pod, and other pods may have it too. */
  readonly isShared?: boolean;
}

const DEFAULT_MODE = 0o644;

/** One pod's volumes: set up before its containers, kept up to date while it runs, removed after it. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #writers = new Map<string, AtomicWriter>();
  readonly #tokens = new Map<string, PodToken>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /**
   * Sets up or refreshes all volumes, and says when a token must be renewed. Throws a {@link VolumeError} that names the volume.
   */
  async sync(pod: Pod, place: PodPlace): Promise<{ readonly places: ReadonlyMap<string, VolumePlace>; readonly renewAtMs: number }> {
    const places = new Map<string, VolumePlace>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        places.set(volume.name, await this.#syncVolume(pod, volume, place));
      } catch (error) {
        throw new NamedVolumeError(volume.name, error);
      }
    }
    return { places, renewAtMs: Math.min(Infinity, ...[...this.#tokens.values()].map(({ renewAtMs }) => renewAtMs)) };
  }

  async remove(): Promise<void> {
    await rm(this.#options.podDir, { recursive: true, force: true });
  }

  async #syncVolume(pod: Pod, volume: Volume, place: PodPlace): Promise<VolumePlace> {
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (volume.emptyDir !== undefined) {
      const hostPath = this.#pathOf('empty-dir', volume.name);
      await makeSharedFolder(hostPath, fsGroup);
      return { hostPath, isReadOnly: false };
    }
    if (volume.persistentVolumeClaim !== undefined) {
      const { claimName, readOnly = false } = volume.persistentVolumeClaim;
      const bound = await boundVolume(this.#options.api, pod.metadata.namespace ?? '', claimName);
      const hostPath = volumeFolder(this.#options.volumesDir, bound);
      await makeSharedFolder(hostPath, fsGroup);
      return { hostPath, isReadOnly: readOnly, isShared: true };
    }
    const payload = await this.#payloadOf(pod, volume, place);
    if (payload === undefined) throw new VolumeError('this cluster does not provide volumes of that type');
    const hostPath = this.#pathOf('written', volume.name);
    const writer = this.#writers.get(volume.name) ?? new AtomicWriter(hostPath, { owner: this.#options.rootId, group: fsGroup });
    this.#writers.set(volume.name, writer);
    await writer.write(payload);
    return { hostPath, isReadOnly: true };
  }

  async #payloadOf(pod: Pod, volume: Volume, place: PodPlace): Promise<Payload | undefined> {
    const { configMap, secret, downwardAPI, projected } = volume;
    const namespace = pod.metadata.namespace ?? '';
    const { references } = this.#options;
    if (configMap !== undefined) {
      const { name = '', items, defaultMode = DEFAULT_MODE, optional: isOptional = false } = configMap;
      return configMapPayload(await references.configMap(namespace, name), name, { items, defaultMode, isOptional });
    }
    if (secret !== undefined) {
      const { secretName = '', items, defaultMode = DEFAULT_MODE, optional: isOptional = false } = secret;
      return secretPayload(await references.secret(namespace, secretName), secretName, { items, defaultMode, isOptional });
    }
    if (downwardAPI !== undefined) return downwardPayload(pod, downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, place);
    if (projected === undefined) return undefined;
    const files = new Map<string, PayloadFile>();
    for (const [index, source] of (projected.sources ?? []).entries()) {
      const part = await this.#projectionOf(pod, `${volume.name}/${index}`, source, projected.defaultMode ?? DEFAULT_MODE, place);
      for (const [path, file] of part) files.set(path, file);
    }
    return files;
  }

  async #projectionOf(pod: Pod, id: string, source: VolumeProjection, defaultMode: number, place: PodPlace): Promise<Payload> {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (serviceAccountToken !== undefined) {
      const data = Buffer.from(await this.#token(pod, id, serviceAccountToken));
      return new Map([[safePath(serviceAccountToken.path), { data, mode: defaultMode }]]);
    }
    const namespace = pod.metadata.namespace ?? '';
    const { references } = this.#options;
    if (configMap !== undefined) {
      const { name = '', items, optional: isOptional = false } = configMap;
      return configMapPayload(await references.configMap(namespace, name), name, { items, defaultMode, isOptional });
    }
    if (secret !== undefined) {
      const { name = '', items, optional: isOptional = false } = secret;
      return secretPayload(await references.secret(namespace, name), name, { items, defaultMode, isOptional });
    }
    if (downwardAPI !== undefined) return downwardPayload(pod, downwardAPI.items ?? [], defaultMode, place);
    throw new VolumeError('this cluster does not provide projections of that type');
  }

  async #token(pod: Pod, id: string, projection: Parameters<typeof requestToken>[3]): Promise<string> {
    const held = this.#tokens.get(id);
    if (held !== undefined && held.renewAtMs > this.#options.clock.now()) return held.token;
    try {
      const made = await requestToken(this.#options.api, this.#options.clock, pod, projection);
      this.#tokens.set(id, made);
      return made.token;
    } catch (error) {
      if (refusalReason(error) === undefined) throw error;
      throw new VolumeError(`failed to fetch token: ${messageOf(error)}`);
    }
  }

  #pathOf(kind: string, volumeName: string): string {
    return join(this.#options.podDir, 'volumes', kind, safePath(volumeName));
  }
}

/** A {@link VolumeError} or a failure of the disk, with the volume that it befell. */
export class NamedVolumeError extends Error {
  readonly volume: string;

  constructor(volume: string, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'NamedVolumeError';
    this.volume = volume;
  }
}

/** Open to every user, as an emptyDir is; `mkdir` alone would be held back by the umask. One that is there is given the group only. */
async function makeSharedFolder(path: string, group: number | undefined): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made === undefined && (group === undefined || (await stat(path)).gid === group)) return;
  await chmod(path, group === undefined ? 0o777 : 0o2777);
  if (group === undefined) return;
  await chown(path, -1, group).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  });
}
