import type { KubeObject, OwnerReference } from '../meta/kube-object.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** How an owner that an object names stands. */
export type OwnerState = 'alive' | 'absent' | 'deleting-dependents';

/** What becomes of an object for its owners' sake. */
export type GarbagePlan =
  | { readonly kind: 'keep' }
  /** Some owners are gone or going, others are not: the object stays with those. */
  | { readonly kind: 'forget-owners'; readonly uids: readonly string[] }
  | { readonly kind: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' };

/** Kubernetes' rules of collection: an object goes when all of its owners are gone, or wait for it to be. */
export function planGarbage(object: KubeObject, stateOf: (owner: OwnerReference) => OwnerState, hasDependents: boolean): GarbagePlan {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return { kind: 'keep' };
  const states = owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const lost = states.filter(({ state }) => state !== 'alive');
  if (lost.length === 0) return { kind: 'keep' };
  if (lost.length < owners.length) return { kind: 'forget-owners', uids: lost.map(({ owner }) => owner.uid) };
  const isWaitedFor = states.some(({ state }) => state === 'deleting-dependents');
  // What an owner waits for in the foreground makes its own dependents be waited for.
  if (isWaitedFor && hasDependents) return { kind: 'delete', propagationPolicy: 'Foreground' };
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return { kind: 'delete', propagationPolicy: 'Orphan' };
  return { kind: 'delete', propagationPolicy: finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background' };
}
