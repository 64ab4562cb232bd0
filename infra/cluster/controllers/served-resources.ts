import type { Informer } from '../client/informer.ts';
import { resources } from '../client/resources.ts';
import { isConditionTrue } from '../meta/condition.ts';
import type { CustomResourceDefinition } from '../meta/generated/types.ts';
import type { ResourceRef } from '../meta/kube-object.ts';
import { builtInResources } from '../meta/registry.ts';
import type { ControllerContext } from './controller-context.ts';

/** A resource whose objects can be listed, watched and deleted. */
export interface ServedResource {
  readonly ref: ResourceRef;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** Objects that own nothing, are owned by nobody and are many; nothing is collected among them. */
const UNCOLLECTED = new Set(['/events', 'events.k8s.io/events']);

/** All resources that hold objects, built in or custom, each in one version. Custom ones come and go with their definitions. */
export class ServedResources {
  readonly #definitions: Informer<CustomResourceDefinition>;

  constructor({ informers }: ControllerContext) {
    this.#definitions = informers.informer<CustomResourceDefinition>(resources.customResourceDefinitions);
  }

  get definitions(): Informer<CustomResourceDefinition> {
    return this.#definitions;
  }

  all(): readonly ServedResource[] {
    return [...builtIns(), ...this.#definitions.all().flatMap((definition) => customResource(definition) ?? [])];
  }

  collectable(): readonly ServedResource[] {
    return this.all().filter(({ ref }) => !UNCOLLECTED.has(`${ref.group}/${ref.resource}`));
  }
}

/** The resource of a definition that the server has accepted; undefined before that. */
export function customResource({ spec, status }: CustomResourceDefinition): ServedResource | undefined {
  const version = spec.versions.find(({ served, storage }) => served && storage) ?? spec.versions.find(({ served }) => served);
  if (version === undefined || !isConditionTrue(status?.conditions, 'Established')) return undefined;
  return {
    ref: { group: spec.group, version: version.name, resource: spec.names.plural },
    kind: spec.names.kind,
    isNamespaced: spec.scope === 'Namespaced',
  };
}

let builtInsOnce: readonly ServedResource[] | undefined;

/** Computed once a process: the same for every cluster. */
function builtIns(): readonly ServedResource[] {
  if (builtInsOnce !== undefined) return builtInsOnce;
  const byName = new Map<string, ServedResource>();
  for (const { group, version, resource, kind, namespaced, verbs } of builtInResources) {
    const name = `${group}/${resource}`;
    if (byName.has(name) || !['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))) continue;
    byName.set(name, { ref: { group, version, resource }, kind, isNamespaced: namespaced });
  }
  builtInsOnce = [...byName.values()];
  return builtInsOnce;
}
