import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { withoutRegistry, withRegistry, type SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import type { KubeObjects, ListQuery, ObjectRef, PatchKind } from '../grader/kube-objects.ts';
import { PlatformError } from '../grader/platform-error.ts';
import { withClasses } from './cluster-classes.ts';
import { mapTexts } from './map-texts.ts';
import { providersNamespace } from './provider-objects.ts';

/** On an object that belongs to the platform and to no lab: resets neither keep nor remove it. */
export const platformLabel = { name: 'drillhouse.dev/part', value: 'platform' } as const;

/** What every pod of ours must say of itself where Pod Security enforces `restricted`. */
const restrictedPod = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } as const;
const restrictedContainer = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } as const;

/** The namespace that a name of ours stands for in this place; those of the lab are in its values and stand for themselves. Pure. */
export function placedNamespace(name: string, { hiddenNamespace }: SandboxPlace): string {
  return name === systemNamespace || name === providersNamespace ? hiddenNamespace : name;
}

/**
 * The one place where objects meet the names of a shared cluster: what is ours lies in the hidden namespace, and images come from the cluster's own registry. What is
 * read names images as labs do, so that it can be compared with them and written back.
 */
export class PlacedObjects implements KubeObjects {
  readonly #objects: KubeObjects;
  readonly #place: SandboxPlace;

  constructor(objects: KubeObjects, place: SandboxPlace) {
    this.#objects = objects;
    this.#place = place;
  }

  async find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    const object = await this.#objects.find<T>(this.#placed(ref));
    return object === undefined ? undefined : this.#read(object);
  }

  /** Without what belongs to the platform. */
  async list<T extends KubeObject>(kind: string, query: ListQuery = {}): Promise<readonly T[]> {
    const { namespace, ...rest } = query;
    const placed = namespace === undefined ? rest : { ...rest, namespace: placedNamespace(namespace, this.#place) };
    const objects = await this.#objects.list<T>(kind, placed);
    return objects.filter(({ metadata }) => metadata.labels?.[platformLabel.name] !== platformLabel.value).map((each) => this.#read(each));
  }

  async create<T extends KubeObject>(object: T): Promise<T> {
    if (object.kind === 'Namespace')
      throw new PlatformError('ApiFailed', `The namespace ${object.metadata.name} is gone, and a lab cannot make one on a shared cluster.`);
    return this.#read(await this.#objects.create(planPlacedObject(object, this.#place)));
  }

  async replace<T extends KubeObject>(object: T): Promise<T> {
    return this.#read(await this.#objects.replace(planPlacedObject(object, this.#place)));
  }

  async patch(ref: ObjectRef, kind: PatchKind, patch: unknown): Promise<KubeObject> {
    return this.#read(await this.#objects.patch(this.#placed(ref), kind, this.#withRegistry(patch)));
  }

  remove(ref: ObjectRef, options?: { readonly graceSeconds?: number }): Promise<boolean> {
    return this.#objects.remove(this.#placed(ref), options);
  }

  #placed(ref: ObjectRef): ObjectRef {
    if (ref.kind === 'Namespace') return { ...ref, name: placedNamespace(ref.name, this.#place) };
    return ref.namespace === undefined ? ref : { ...ref, namespace: placedNamespace(ref.namespace, this.#place) };
  }

  #withRegistry<T>(value: T): T {
    return mapTexts(value, (text) => withRegistry(text, this.#place)) as T;
  }

  #read<T>(value: T): T {
    return mapTexts(value, (text) => withoutRegistry(text, this.#place)) as T;
  }
}

/** An object as it is written in this place. Pure. */
export function planPlacedObject<T extends KubeObject>(object: T, place: SandboxPlace): T {
  const { namespace } = object.metadata;
  const moved =
    namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace: placedNamespace(namespace, place) } };
  const named = withClasses(mapTexts(moved, (text) => withRegistry(text, place)) as T, place);
  return named.kind === 'Pod' && named.metadata.namespace === place.hiddenNamespace ? restrict(named) : named;
}

interface PodLike {
  readonly spec?: {
    readonly securityContext?: object;
    readonly containers?: readonly { readonly securityContext?: object }[];
    readonly tolerations?: unknown;
  };
}

/** A pod of ours asks for nothing that `restricted` refuses, and goes only where everybody's pods go: nodes are not the lab's to break here. */
function restrict<T extends KubeObject>(pod: T): T {
  const { tolerations: _, ...spec } = (pod as PodLike).spec ?? {};
  return {
    ...pod,
    spec: {
      ...spec,
      securityContext: { ...restrictedPod, ...spec.securityContext },
      containers: (spec.containers ?? []).map((each) => ({
        ...each,
        securityContext: { ...restrictedContainer, ...each.securityContext },
      })),
    },
  };
}
