import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { builtInResources, type ResourceInfo, type ResourceRegistry, type SubresourceInfo } from '../meta/registry.ts';
import { withCondition } from '../meta/condition.ts';
import { timeText } from '../meta/times.ts';
import type { Clock } from '../meta/clock.ts';
import type { ObjectStore } from '../store/object-store.ts';

const storage = 'apiextensions.k8s.io/customresourcedefinitions';
const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Serves what custom resource definitions define, and says so in their status. */
export class CustomResources {
  readonly #store: ObjectStore;
  readonly #registry: ResourceRegistry;
  readonly #clock: Clock;
  readonly #served = new Map<string, readonly ResourceInfo[]>();
  #close: (() => void) | undefined;

  constructor(parts: { readonly store: ObjectStore; readonly registry: ResourceRegistry; readonly clock: Clock }) {
    this.#store = parts.store;
    this.#registry = parts.registry;
    this.#clock = parts.clock;
  }

  /** Begins with the definitions that are there; ends with `stop`. */
  start(): void {
    const watching = this.#store.watch(storage, this.#store.revision);
    for (const object of this.#store.list(storage)) this.apply(object as CustomResourceDefinition);
    if (watching.kind === 'expired') return;
    this.#close = () => watching.close();
    void this.#follow(watching.queue);
  }

  stop(): void {
    this.#close?.();
  }

  async #follow(queue: { next(): Promise<readonly { readonly type: string; readonly object: KubeObject }[] | undefined> }): Promise<void> {
    for (;;) {
      const events = await queue.next();
      if (events === undefined) return;
      for (const { type, object } of events) {
        if (type === 'DELETED') this.remove(object.metadata.name);
        else this.apply(object as CustomResourceDefinition);
      }
    }
  }

  /** Registers a definition's served versions and marks it Established. Repeated calls change nothing. */
  apply(definition: CustomResourceDefinition): void {
    this.remove(definition.metadata.name);
    const infos = definition.spec.versions
      .filter((version) => version.served)
      .map((version) => resourceInfo(definition, version))
      .filter((info) => !isBuiltIn(info));
    for (const info of infos) this.#registry.add(info);
    this.#served.set(definition.metadata.name, infos);
    this.#establish(definition);
  }

  remove(name: string): void {
    for (const { group, version, resource } of this.#served.get(name) ?? []) this.#registry.remove(group, version, resource);
    this.#served.delete(name);
  }

  #establish(definition: CustomResourceDefinition): void {
    if (definition.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true) return;
    const nowIso = timeText(this.#clock.now());
    const accepted = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
    const established = {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    };
    const conditions = [accepted, established].reduce(
      (all, condition) => withCondition(all, condition as never, nowIso),
      definition.status?.conditions ?? [],
    );
    const { names } = definition.spec;
    const acceptedNames = {
      ...names,
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
    };
    const storedVersions = definition.spec.versions.filter((version) => version.storage).map((version) => version.name);
    this.#store.update(
      storage,
      { ...definition, status: { conditions, acceptedNames, storedVersions } } as KubeObject,
      definition.metadata.resourceVersion ?? '',
    );
  }
}

/** What Kubernetes itself serves cannot be taken over by a definition of the same name. */
function isBuiltIn({ group, resource, kind }: ResourceInfo): boolean {
  return builtInResources.some((info) => info.group === group && (info.resource === resource || info.kind === kind));
}

function resourceInfo({ spec }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceInfo {
  const { names, group } = spec;
  const schema = version.schema?.openAPIV3Schema;
  return {
    group,
    version: version.name,
    kind: names.kind,
    resource: names.plural,
    listKind: names.listKind ?? `${names.kind}List`,
    singular: names.singular ?? names.kind.toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    verbs: allVerbs,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: subresourcesOf(group, names.kind, version),
    columns: (version.additionalPrinterColumns ?? []).map(({ name, type, priority, format, description, jsonPath }) => ({
      name,
      type,
      priority: priority ?? 0,
      format: format ?? '',
      description: description ?? '',
      jsonPath,
    })),
    ...(schema === undefined ? {} : { schema }),
    selectableFields: (version.selectableFields ?? []).map((field) => field.jsonPath),
  };
}

function subresourcesOf(group: string, kind: string, { name, subresources }: CustomResourceDefinitionVersion): SubresourceInfo[] {
  const verbs = ['get', 'patch', 'update'];
  return [
    ...(subresources?.status === undefined ? [] : [{ name: 'status', group, version: name, kind, verbs }]),
    ...(subresources?.scale === undefined
      ? []
      : [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', typeName: 'autoscaling/v1.Scale', verbs }]),
  ];
}
