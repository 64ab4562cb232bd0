import type { ApiClient } from '../client/api-client.ts';
import { isNotFound } from '../client/api-errors.ts';
import { planClaims } from '../client/owner-claims.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { controllerReference } from '../meta/owner-reference.ts';

/**
 * Adopts and releases what {@link planClaims} says, and answers all that the owner now controls. The owner is read anew before anything
 * is adopted, because a cached owner may be gone already.
 */
export async function claimObjects<T extends KubeObject>(
  api: ApiClient,
  ref: ResourceRef,
  owner: KubeObject,
  ownerRef: ResourceRef,
  isSelected: (object: T) => boolean,
  candidates: readonly T[],
): Promise<readonly T[]> {
  const plan = planClaims(owner, isSelected, candidates);
  const adopted: T[] = [];
  if (plan.adopt.length > 0) {
    const fresh = await api.get<KubeObject>(ownerRef, owner.metadata.name, owner.metadata.namespace);
    if (fresh.metadata.uid !== owner.metadata.uid || fresh.metadata.deletionTimestamp !== undefined) return plan.owned;
    for (const object of plan.adopt)
      adopted.push(await setOwners(api, ref, object, [...(object.metadata.ownerReferences ?? []), controllerReference(owner)]));
  }
  for (const object of plan.release) {
    await setOwners(
      api,
      ref,
      object,
      (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid),
    ).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  return [...plan.owned, ...adopted];
}

function setOwners<T extends KubeObject>(
  api: ApiClient,
  ref: ResourceRef,
  object: T,
  owners: NonNullable<KubeObject['metadata']['ownerReferences']>,
): Promise<T> {
  const { name, namespace, uid } = object.metadata;
  const patch = { metadata: { uid, ownerReferences: owners.length === 0 ? null : owners } };
  return api.patch<T>(ref, { name, ...(namespace === undefined ? {} : { namespace }) }, 'merge', patch);
}
