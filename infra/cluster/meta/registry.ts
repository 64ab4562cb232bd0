import type { ResourceRef } from './kube-object.ts';
import type { JSONSchemaProps } from './generated/types.ts';
import { discoveryJson } from './generated/facts.ts';
import { typeFacts } from './type-facts.ts';

export interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number;
  readonly format: string;
  readonly description: string;
  /** Where a custom resource's column takes its value from. */
  readonly jsonPath?: string;
}

export interface SubresourceInfo {
  readonly name: string;
  /** Group and version of the kind that the subresource speaks, e.g. autoscaling/v1 Scale. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName?: string;
  readonly verbs: readonly string[];
}

/** A kind as the decoder needs to know it. `typeName` is its key in the type facts; custom kinds have none. */
export interface KindInfo {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName?: string;
}

/** JSON paths of plain fields, such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  /** A selector in its text form. */
  readonly labelSelector?: string;
}

/** Everything the API server knows of one resource in one version. */
export interface ResourceInfo extends KindInfo {
  readonly resource: string;
  readonly listKind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly SubresourceInfo[];
  readonly columns: readonly ColumnInfo[];
  /** Custom resources only: the structural schema that prunes and validates. */
  readonly schema?: JSONSchemaProps;
  /** Custom resources only: the version that their definition marks as stored. */
  readonly storageVersion?: string;
  /** Custom resources only: where the scale subresource finds its numbers. */
  readonly scale?: ScalePaths;
  /** Custom resources only: the JSON paths that field selectors may name, such as `.spec.color`. */
  readonly selectableFields?: readonly string[];
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps`, or `pods` for the core group: how Kubernetes names a resource in messages. */
export function groupResourceOf(ref: { readonly group: string; readonly resource: string }): string {
  return ref.group === '' ? ref.resource : `${ref.resource}.${ref.group}`;
}

interface DiscoveryFact {
  readonly groups: readonly {
    readonly group: string;
    readonly versions: readonly { readonly version: string; readonly resources: readonly ResourceFact[] }[];
  }[];
}

interface ResourceFact {
  readonly resource: string;
  readonly kind: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly singular: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string; readonly kind: string; readonly verbs: readonly string[] }[];
  readonly columns?: readonly (readonly [string, string, number, string?])[];
}

/** Subresources whose kind belongs to another group than the resource. */
const foreignKinds: Readonly<Record<string, { group: string; version: string }>> = {
  Scale: { group: 'autoscaling', version: 'v1' },
  Eviction: { group: 'policy', version: 'v1' },
  TokenRequest: { group: 'authentication.k8s.io', version: 'v1' },
};

/** Served as by an installed metrics-server, which is no part of Kubernetes itself. */
const metricsResources: readonly ResourceFact[] = [
  { resource: 'nodes', kind: 'NodeMetrics', scope: 'Cluster', singular: '', verbs: ['get', 'list'] },
  { resource: 'pods', kind: 'PodMetrics', scope: 'Namespaced', singular: '', verbs: ['get', 'list'] },
];

/** The resources of Kubernetes 1.36 whose types are known, in the server's own order of groups. */
export const builtInResources: readonly ResourceInfo[] = readBuiltIns();

function readBuiltIns(): ResourceInfo[] {
  const { groups } = JSON.parse(discoveryJson) as DiscoveryFact;
  const withMetrics = [...groups, { group: 'metrics.k8s.io', versions: [{ version: 'v1beta1', resources: metricsResources }] }];
  return withMetrics.flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.map((fact) => resourceInfo(group, version, fact)).filter((info) => info.typeName !== undefined),
    ),
  );
}

function resourceInfo(group: string, version: string, fact: ResourceFact): ResourceInfo {
  const typeName = typeNameOf(group, version, fact.kind);
  return {
    group,
    version,
    resource: fact.resource,
    kind: fact.kind,
    listKind: `${fact.kind}List`,
    singular: fact.singular,
    namespaced: fact.scope === 'Namespaced',
    verbs: fact.verbs,
    shortNames: fact.shortNames ?? [],
    categories: fact.categories ?? [],
    subresources: (fact.subresources ?? []).map(({ subresource, kind, verbs }) => {
      const home = foreignKinds[kind] ?? { group, version };
      return { name: subresource, ...home, kind, verbs, ...withType(typeNameOf(home.group, home.version, kind)) };
    }),
    columns: (fact.columns ?? []).map(([name, type, priority, format]) => ({
      name,
      type,
      priority,
      format: format ?? '',
      description: '',
    })),
    ...withType(typeName),
  };
}

function withType(typeName: string | undefined): { typeName?: string } {
  return typeName === undefined ? {} : { typeName };
}

/** The key of a kind in the type facts, or undefined where its fields are not known. */
export function typeNameOf(group: string, version: string, kind: string): string | undefined {
  const key = `${group === '' ? 'core' : group}/${version}.${kind}`;
  return typeFacts.structs[key] === undefined ? undefined : key;
}

/** What a cluster serves: the built-in resources and those that custom resource definitions add. */
export class ResourceRegistry {
  readonly #byResource = new Map<string, ResourceInfo>();
  readonly #byKind = new Map<string, ResourceInfo>();
  #generation = 0;

  constructor(resources: readonly ResourceInfo[] = builtInResources) {
    for (const info of resources) this.add(info);
  }

  /** Grows with every change, so that documents made from the registry can be kept until then. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, resource: string): ResourceInfo | undefined {
    return this.#byResource.get(`${group}/${version}/${resource}`);
  }

  findRef(ref: ResourceRef): ResourceInfo | undefined {
    return this.find(ref.group, ref.version, ref.resource);
  }

  findByKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  /** By what an object says of itself. */
  findByApiVersion(apiVersion: string, kind: string): ResourceInfo | undefined {
    const slash = apiVersion.indexOf('/');
    return this.findByKind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
  }

  all(): readonly ResourceInfo[] {
    return [...this.#byResource.values()];
  }

  /** Adds a resource or replaces the one of the same group, version and plural. */
  add(info: ResourceInfo): void {
    this.#byResource.set(`${info.group}/${info.version}/${info.resource}`, info);
    this.#byKind.set(`${info.group}/${info.version}/${info.kind}`, info);
    this.#generation += 1;
  }

  remove(group: string, version: string, resource: string): void {
    const info = this.find(group, version, resource);
    if (info === undefined) return;
    this.#byResource.delete(`${group}/${version}/${resource}`);
    this.#byKind.delete(`${group}/${version}/${info.kind}`);
    this.#generation += 1;
  }
}
