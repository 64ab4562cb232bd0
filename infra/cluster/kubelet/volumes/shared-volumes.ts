import type { Container, VolumeMount } from '../../meta/generated/types.ts';
import type { VolumePlace } from './pod-volumes.ts';

/** Where each of a pod's volumes lies, by the pod's names for them. */
type Places = ReadonlyMap<string, VolumePlace>;

interface Use {
  readonly container: Container;
  /** Undefined for a container that an earlier kubelet started, until its pod's volumes have been looked up. */
  readonly places: Places | undefined;
}

/**
 * Who has volumes mounted that outlive pods. Several pods can have one, and a `subPath` in it is looked up on the host: whoever can put
 * a link in its place between that look and the mount reaches the host's files. So containers with such volumes are started one
 * after another, and each learns whether a container that was started before could do it. Cautious: one that has ended counts until
 * its pod is over.
 */
export class SharedVolumes {
  readonly #uses = new Map<string, Map<string, Use>>();
  #tail: Promise<unknown> = Promise.resolve();

  /** To be called before the container can run. */
  note(podUid: string, container: Container, places: Places | undefined): void {
    const ofPod = this.#uses.get(podUid) ?? new Map<string, Use>();
    this.#uses.set(podUid, ofPod.set(container.name, { container, places }));
  }

  /** None of the pod's containers runs any more. */
  forget(podUid: string): void {
    this.#uses.delete(podUid);
  }

  /** Whether a container of another pod could put something else in the place of the path in the volume. */
  isRewritable(podUid: string, hostPath: string, subPath: string): boolean {
    for (const [uid, uses] of this.#uses) {
      if (uid === podUid) continue;
      for (const { container, places } of uses.values()) {
        if (places === undefined || (container.volumeMounts ?? []).some((mount) => canRewrite(mount, places, hostPath, subPath)))
          return true;
      }
    }
    return false;
  }

  /** Runs the start of a container; those that mount no such volume wait for nobody. */
  async whileStarting<T>(container: Container, places: Places, start: () => Promise<T>): Promise<T> {
    if (!sharesVolumes(container, places)) return start();
    const started = this.#tail.then(start);
    this.#tail = started.catch(() => undefined);
    return started;
  }
}

export function sharesVolumes({ volumeMounts = [] }: Container, places: Places): boolean {
  return volumeMounts.some(({ name }) => places.get(name)?.isShared === true);
}

/** Whether a mount gives its container a writable folder above the path. Where variables name that folder, it might. */
function canRewrite(mount: VolumeMount, places: Places, hostPath: string, subPath: string): boolean {
  const place = places.get(mount.name);
  if (place?.hostPath !== hostPath || place.isReadOnly || mount.readOnly === true) return false;
  const held = normalPath(mount.subPath ?? '');
  return (mount.subPathExpr ?? '') !== '' || held === '' || subPath.startsWith(`${held}/`);
}

/** Without empty segments and those that stay where they are; a path that begins at the root still does. */
export function normalPath(subPath: string): string {
  return subPath
    .split('/')
    .filter((segment, index) => segment !== '.' && (segment !== '' || index === 0))
    .join('/');
}
