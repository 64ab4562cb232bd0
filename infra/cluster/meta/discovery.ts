import { createHash } from 'node:crypto';
import type {
  APIGroup,
  APIGroupDiscovery,
  APIGroupDiscoveryList,
  APIGroupList,
  APIResource,
  APIResourceDiscovery,
  APIResourceList,
  APISubresourceDiscovery,
} from './generated/types.ts';
import { apiVersionOf, type ResourceInfo, type ResourceRegistry, type SubresourceInfo } from './registry.ts';

/** The two documents of aggregated discovery: what `/api` and what `/apis` answer. */
export interface AggregatedDiscovery {
  readonly api: APIGroupDiscoveryList;
  readonly apis: APIGroupDiscoveryList;
}

/** Aggregated discovery (apidiscovery.k8s.io/v2), which spares kubectl a request for each group and version. */
export function discoveryV2(registry: ResourceRegistry): AggregatedDiscovery {
  const groups = groupsOf(registry);
  const document = (names: readonly string[]): APIGroupDiscoveryList => ({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: names.map((name) => groupDiscovery(name, groups.get(name) ?? new Map<string, ResourceInfo[]>())),
  });
  return { api: document(['']), apis: document([...groups.keys()].filter((name) => name !== '')) };
}

/** `/apis` in its plain form. */
export function apiGroupList(registry: ResourceRegistry): APIGroupList {
  const groups = [...groupsOf(registry)].filter(([name]) => name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(([name, versions]) => group(name, versions)) };
}

/** `/apis/<group>` in its plain form, or undefined where there is no such group. */
export function apiGroup(registry: ResourceRegistry, name: string): APIGroup | undefined {
  const versions = groupsOf(registry).get(name);
  return versions === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...group(name, versions) };
}

/** `/api/v1` or `/apis/<group>/<version>` in its plain form, or undefined where nothing is served there. */
export function apiResourceList(registry: ResourceRegistry, groupName: string, version: string): APIResourceList | undefined {
  const resources = groupsOf(registry).get(groupName)?.get(version);
  if (resources === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    // The core group's list names no version of its own kind: it is older than the field.
    ...(groupName !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group: groupName, version }),
    resources: resources.flatMap((info) => [plainResource(info), ...info.subresources.map((sub) => plainSubresource(info, sub))]),
  };
}

type Versions = Map<string, ResourceInfo[]>;

function groupsOf(registry: ResourceRegistry): Map<string, Versions> {
  const groups = new Map<string, Versions>();
  for (const info of registry.all()) {
    const versions = groups.get(info.group) ?? new Map<string, ResourceInfo[]>();
    versions.set(info.version, [...(versions.get(info.version) ?? []), info]);
    groups.set(info.group, versions);
  }
  return groups;
}

function group(name: string, versions: Versions): APIGroup {
  const list = [...versions.keys()].map((version) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  const [preferredVersion] = list;
  return { name, versions: list, ...(preferredVersion && { preferredVersion }) };
}

function groupDiscovery(name: string, versions: Versions): APIGroupDiscovery {
  // The core group has no name here, as on a real server.
  return {
    metadata: name === '' ? {} : { name },
    versions: [...versions].map(([version, resources]) => ({ version, resources: resources.map(resourceDiscovery), freshness: 'Current' })),
  } as APIGroupDiscovery;
}

function resourceDiscovery(info: ResourceInfo): APIResourceDiscovery {
  return {
    resource: info.resource,
    // Empty group and version mean the list's own.
    responseKind: { group: '', version: '', kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: [...info.verbs],
    ...(info.shortNames.length > 0 && { shortNames: [...info.shortNames] }),
    ...(info.categories.length > 0 && { categories: [...info.categories] }),
    ...(info.subresources.length > 0 && { subresources: info.subresources.map((sub) => subresourceDiscovery(info, sub)) }),
  };
}

function subresourceDiscovery(info: ResourceInfo, sub: SubresourceInfo): APISubresourceDiscovery {
  return { subresource: sub.name, responseKind: { ...homeOf(info, sub), kind: sub.kind }, verbs: [...sub.verbs] };
}

function homeOf(info: ResourceInfo, sub: SubresourceInfo): { group: string; version: string } {
  const foreign = sub.group !== info.group || sub.version !== info.version;
  return foreign ? { group: sub.group, version: sub.version } : { group: '', version: '' };
}

function plainResource(info: ResourceInfo): APIResource {
  return {
    name: info.resource,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: [...info.verbs],
    ...(info.shortNames.length > 0 && { shortNames: [...info.shortNames] }),
    ...(info.categories.length > 0 && { categories: [...info.categories] }),
    ...storageHash(info),
  };
}

/** Kinds that are stored in another group or version than they are served in. */
const storedElsewhere: Readonly<Record<string, string>> = {
  'events.k8s.io/v1/Event': '/v1/Event',
  'autoscaling/v1/HorizontalPodAutoscaler': 'autoscaling/v2/HorizontalPodAutoscaler',
};

/** Tells clients in which version a resource is stored, without saying which: equal hashes are equal versions. */
function storageHash({ group: groupName, version, kind, verbs, storageVersion }: ResourceInfo): { storageVersionHash?: string } {
  if (!verbs.includes('create') || !verbs.includes('get')) return {};
  const served = `${groupName}/${storageVersion ?? version}/${kind}`;
  const hash = createHash('sha256')
    .update(storedElsewhere[served] ?? served)
    .digest();
  return { storageVersionHash: hash.subarray(0, 8).toString('base64') };
}

function plainSubresource(info: ResourceInfo, sub: SubresourceInfo): APIResource {
  const { group: subGroup, version } = homeOf(info, sub);
  return {
    name: `${info.resource}/${sub.name}`,
    singularName: '',
    namespaced: info.namespaced,
    ...(version !== '' && { group: subGroup, version }),
    kind: sub.kind,
    verbs: [...sub.verbs],
  };
}
