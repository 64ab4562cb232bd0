import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { builtInResources, type ResourceInfo, type ResourceRegistry, type ScalePaths, type SubresourceInfo } from '../meta/registry.ts';
import { withCondition } from '../meta/condition.ts';
import { timeText } from '../meta/times.ts';
import type { Clock } from '../meta/clock.ts';
import { StatusError } from '../meta/status-error.ts';
import { keyOf, type ObjectStore } from '../store/object-store.ts';
import { storageOf } from './call.ts';
import { cleanupFinalizer } from './deletion.ts';
import { StoreFollower } from './store-follower.ts';

const storage = 'apiextensions.k8s.io/customresourcedefinitions';
const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Serves what custom resource definitions define, says so in their status, and takes their objects away with them. */
export class CustomResources {
  readonly #store: ObjectStore;
  readonly #registry: ResourceRegistry;
  readonly #clock: Clock;
  readonly #served = new Map<string, readonly ResourceInfo[]>();
  /** Watches over the last objects of definitions that are on their way out. */
  readonly #finalizing = new Map<string, () => void>();
  readonly #deleteObject: DeleteObject;
  readonly #follower: StoreFollower;
  readonly #failed: (error: unknown) => void;

  constructor(parts: CustomResourcesParts) {
    this.#deleteObject = parts.deleteObject;
    this.#failed = parts.failed;
    this.#follower = new StoreFollower(parts.store, storage, {
      put: (object) => this.apply(object as CustomResourceDefinition),
      gone: ({ metadata }) => this.remove(metadata.name),
      failed: parts.failed,
    });
    this.#store = parts.store;
    this.#registry = parts.registry;
    this.#clock = parts.clock;
  }

  /** Begins with the definitions that are there; ends with `stop`. */
  start(): void {
    this.#follower.start();
  }

  stop(): void {
    this.#follower[Symbol.dispose]();
    for (const close of this.#finalizing.values()) close();
  }

  /** Registers a definition's served versions and marks it Established. Repeated calls change nothing. */
  apply(definition: CustomResourceDefinition): void {
    this.remove(definition.metadata.name);
    const isGoing = definition.metadata.deletionTimestamp !== undefined;
    const infos = definition.spec.versions
      .filter((version) => version.served)
      .map((version) => resourceInfo(definition, version))
      .filter((info) => !isBuiltIn(info))
      .map((info) => (isGoing ? { ...info, verbs: info.verbs.filter((verb) => verb !== 'create') } : info));
    for (const info of infos) this.#registry.add(info);
    this.#served.set(definition.metadata.name, infos);
    if (isGoing) this.#finalize(definition.metadata.name);
    else this.#establish(definition);
  }

  remove(name: string): void {
    for (const { group, version, resource } of this.#served.get(name) ?? []) this.#registry.remove(group, version, resource);
    this.#served.delete(name);
  }

  /** Deletes a definition's objects; it may go when the last is gone, which may be long after where they have finalizers. */
  #finalize(name: string): void {
    const definition = this.#store.get(storage, `/${name}`) as CustomResourceDefinition | undefined;
    if (definition?.metadata.finalizers?.includes(cleanupFinalizer) !== true) return;
    const { group, names } = definition.spec;
    const resource = storageOf({ group, resource: names.plural });
    // Served or not, one version is as good as another; what Kubernetes itself serves is not the definition's to delete.
    const [info] = definition.spec.versions.map((version) => resourceInfo(definition, version)).filter((each) => !isBuiltIn(each));
    const objects = (): readonly KubeObject[] => (info === undefined ? [] : this.#store.list(resource));
    for (const object of objects()) if (info !== undefined && object.metadata.deletionTimestamp === undefined) this.#delete(info, object);
    if (objects().length === 0) this.#release(definition);
    else this.#await(name, resource);
  }

  #delete(info: ResourceInfo, object: KubeObject): void {
    try {
      this.#deleteObject(info, object);
    } catch (error) {
      // Gone or changed meanwhile: the watch brings it up again.
      if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
  }

  #release(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata;
    this.#finalizing.get(name)?.();
    this.#finalizing.delete(name);
    const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
    const version = definition.metadata.resourceVersion ?? '';
    if (finalizers.length === 0) this.#store.delete(storage, keyOf(definition), version);
    else this.#store.update(storage, { ...definition, metadata: { ...definition.metadata, finalizers } }, version);
  }

  #await(name: string, resource: string): void {
    if (this.#finalizing.has(name)) return;
    const again = (): void => this.#finalize(name);
    const follower = new StoreFollower(this.#store, resource, { put: again, gone: again, failed: this.#failed });
    this.#finalizing.set(name, () => follower[Symbol.dispose]());
    follower.start();
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

export interface CustomResourcesParts {
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  readonly clock: Clock;
  readonly deleteObject: DeleteObject;
  /** Told what went wrong while nobody was asking. */
  readonly failed: (error: unknown) => void;
}

/** Deletes as a client would, finalizers and all. */
export type DeleteObject = (info: ResourceInfo, object: KubeObject) => void;

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
    storageVersion: spec.versions.find(({ storage: isStored }) => isStored)?.name ?? version.name,
    ...scaleOf(version),
    selectableFields: (version.selectableFields ?? []).map((field) => field.jsonPath),
  };
}

function scaleOf({ subresources }: CustomResourceDefinitionVersion): { scale?: ScalePaths } {
  if (subresources?.scale === undefined) return {};
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = subresources.scale;
  const labelSelector = labelSelectorPath === undefined ? {} : { labelSelector: labelSelectorPath };
  return { scale: { specReplicas: specReplicasPath, statusReplicas: statusReplicasPath, ...labelSelector } };
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
