import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Mount } from '../../../runtime/runtime.ts';
import type { Container, VolumeMount } from '../../meta/generated/types.ts';
import { ContainerConfigError } from '../config-error.ts';
import { expandVariables } from '../expand.ts';
import type { VolumePlace } from './pod-volumes.ts';
import { normalPath, type SharedVolumes } from './shared-volumes.ts';

export interface MountInput {
  readonly container: Container;
  readonly places: ReadonlyMap<string, VolumePlace>;
  readonly env: ReadonlyMap<string, string>;
  /** The pod's other containers that run at this moment. */
  readonly runningSiblings: readonly Container[];
  readonly podUid: string;
  readonly shared: SharedVolumes;
}

/**
 * The mounts of a container's volumes. A `subPath` is resolved here, on the host, where a link in it would lead out of the volume:
 * it is refused when it does, and also while a running container could put such a link there between this look and the mount
 * (CVE-2017-1002101, CVE-2021-25741). Throws {@link ContainerConfigError}.
 */
export async function containerMounts(input: MountInput): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of input.container.volumeMounts ?? []) {
    const place = input.places.get(mount.name);
    if (place === undefined) throw new ContainerConfigError(`no volume "${mount.name}" is set up for container "${input.container.name}"`);
    mounts.push({
      hostPath: await sourceOf(mount, place, input),
      containerPath: mount.mountPath,
      readOnly: place.isReadOnly || mount.readOnly === true,
    });
  }
  return mounts;
}

async function sourceOf(mount: VolumeMount, place: VolumePlace, input: MountInput): Promise<string> {
  const subPath = subPathOf(mount, input.env);
  if (subPath === '') return place.hostPath;
  const fail = (why: string): ContainerConfigError =>
    new ContainerConfigError(`failed to prepare subPath for volumeMount "${mount.name}" of container "${input.container.name}": ${why}`);
  const segments = subPath.split('/');
  if (subPath.startsWith('/') || segments.includes('..') || subPath.includes('\0'))
    throw fail('it must be a relative path within the volume');
  if (place.isShared === true && input.shared.isRewritable(input.podUid, place.hostPath, subPath))
    throw fail('another pod can rewrite the path to it, which this sandbox does not allow');
  if (!place.isReadOnly && input.runningSiblings.some((sibling) => canRewrite(sibling, mount.name, subPath, input.env))) {
    throw fail('a running container of the pod can rewrite the path to it, which this sandbox does not allow');
  }
  const target = join(place.hostPath, subPath);
  if (!place.isReadOnly) await mkdir(await deepestReal(target, place.hostPath, fail), { recursive: true, mode: 0o777 }).catch(keepExisting);
  const root = await realpath(place.hostPath);
  const real = await realpath(target).catch(() => undefined);
  if (real === undefined) throw fail(`${subPath} does not exist`);
  if (real !== root && !real.startsWith(root + sep)) throw fail('it leads out of the volume');
  return real;
}

function subPathOf({ subPath = '', subPathExpr = '' }: VolumeMount, env: ReadonlyMap<string, string>): string {
  return normalPath(subPathExpr === '' ? subPath : expandVariables(subPathExpr, (name) => env.get(name)));
}

/** Whether a container has an ancestor of the path mounted writable, and so could replace a folder on the way by a link. */
function canRewrite(sibling: Container, volumeName: string, subPath: string, env: ReadonlyMap<string, string>): boolean {
  return (sibling.volumeMounts ?? []).some((mount) => {
    if (mount.name !== volumeName || mount.readOnly === true) return false;
    const held = subPathOf(mount, env);
    return held === '' || subPath.startsWith(`${held}/`);
  });
}

/** The target itself, once every existing folder on the way has proved to lie within the volume. */
async function deepestReal(target: string, volumeRoot: string, fail: (why: string) => ContainerConfigError): Promise<string> {
  const root = await realpath(volumeRoot);
  for (let path = target; path.length >= volumeRoot.length; path = dirname(path)) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    if (real !== root && !real.startsWith(root + sep)) throw fail('it leads out of the volume');
    return target;
  }
  return target;
}

/** A subPath may name a file that is there already. */
function keepExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** The file that a container writes its last words to, made empty. */
export async function makeTerminationLog(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if ((await stat(path).catch(() => undefined)) === undefined) await writeFile(path, '', { mode: 0o666 });
}
