import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../client/api-client.ts';
import { isAlreadyExists, isNotFound } from '../client/api-errors.ts';
import { resources } from '../client/resources.ts';
import type { ControllerRevision, PodTemplateSpec } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { podTemplateHash } from '../meta/names.ts';
import { controllerReference, isControlledBy } from '../meta/owner-reference.ts';

export const revisionHashLabel = 'controller-revision-hash';

export interface RevisionHistory {
  /** The revision of the present template. */
  readonly update: ControllerRevision;
  /** All of the owner's, oldest first, `update` last. */
  readonly all: readonly ControllerRevision[];
}

export type RevisionOwner = KubeObject & { readonly spec?: { readonly template: PodTemplateSpec } };

/** Finds or makes the revision of an owner's template; an old one that is the same becomes the newest again, as in a rollback. */
export async function syncRevisions(
  api: ApiClient,
  owner: RevisionOwner,
  candidates: readonly ControllerRevision[],
): Promise<RevisionHistory> {
  const held = candidates.filter((each) => isControlledBy(each, owner)).sort(byRevision);
  const data = revisionData(owner.spec?.template);
  const newest = held.at(-1);
  const same = held.findLast((each) => isDeepStrictEqual(each.data, data));
  if (same !== undefined && same === newest) return { update: same, all: held };
  const revision = (newest?.revision ?? 0) + 1;
  if (same !== undefined) {
    const update = await api.update<ControllerRevision>(resources.controllerRevisions, { ...same, revision });
    return { update, all: [...held.filter((each) => each !== same), update] };
  }
  const update = await createRevision(api, owner, data, revision);
  return { update, all: [...held, update] };
}

/** The template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = data as { readonly spec?: { readonly template?: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _patch, ...template } = spec?.template ?? {};
  return template;
}

/** Removes revisions past the limit that no pod is of, oldest first. */
export async function truncateHistory(
  api: ApiClient,
  { all, update }: RevisionHistory,
  live: ReadonlySet<string>,
  limit: number,
): Promise<void> {
  const spare = all.filter(({ metadata }) => metadata.name !== update.metadata.name && !live.has(metadata.name));
  for (const { metadata } of spare.slice(0, Math.max(0, spare.length - limit))) {
    await api.delete(resources.controllerRevisions, metadata.name, metadata.namespace).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

async function createRevision(api: ApiClient, owner: RevisionOwner, data: unknown, revision: number): Promise<ControllerRevision> {
  const template = owner.spec?.template ?? {};
  const { namespace, name, annotations } = owner.metadata;
  for (let collisions = 0; ; collisions += 1) {
    const hash = podTemplateHash(template, collisions === 0 ? undefined : collisions);
    const wanted: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        ...(namespace === undefined ? {} : { namespace }),
        // Among them why it was changed, which `rollout history` shows.
        ...(annotations === undefined ? {} : { annotations }),
        labels: { ...template.metadata?.labels, 'controller.kubernetes.io/hash': hash },
        ownerReferences: [controllerReference(owner)],
      },
      data,
      revision,
    };
    try {
      return await api.create<ControllerRevision>(resources.controllerRevisions, wanted);
    } catch (error) {
      if (!isAlreadyExists(error) || collisions > 10) throw error;
      const taken = await api.get<ControllerRevision>(resources.controllerRevisions, wanted.metadata.name, namespace);
      if (isControlledBy(taken, owner) && isDeepStrictEqual(taken.data, data)) return taken;
    }
  }
}

function revisionData(template: PodTemplateSpec | undefined): unknown {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1);
}
