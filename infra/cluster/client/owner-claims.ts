import type { KubeObject } from '../meta/kube-object.ts';
import { controllerOf } from '../meta/owner-reference.ts';

/** What is to be done about the objects that a controller could own; see {@link planClaims}. */
export interface ClaimPlan<T> {
  /** Controlled by the owner and selected by it. */
  readonly owned: readonly T[];
  /** Selected, and nobody's. */
  readonly adopt: readonly T[];
  /** Controlled by the owner, but no longer selected. */
  readonly release: readonly T[];
}

/**
 * client-go's rules for claiming: only the controller named in the owner reference counts, by uid; orphans that match are adopted
 * unless either side is being deleted; what matches no more is released.
 */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  isSelected: (object: T) => boolean,
  candidates: readonly T[],
): ClaimPlan<T> {
  const isOwnerDeleted = owner.metadata.deletionTimestamp !== undefined;
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    const isDeleted = object.metadata.deletionTimestamp !== undefined;
    if (controller === undefined) {
      if (isSelected(object) && !isOwnerDeleted && !isDeleted) adopt.push(object);
    } else if (isSelected(object)) {
      owned.push(object);
    } else if (!isOwnerDeleted && !isDeleted) {
      release.push(object);
    }
  }
  return { owned, adopt, release };
}
