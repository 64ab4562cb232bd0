import { describe, expect, it } from 'vitest';
import { apiGroup, apiGroupList, apiResourceList, discoveryV2 } from './discovery.ts';
import { ResourceRegistry, type ResourceInfo } from './registry.ts';

const drills: ResourceInfo = {
  group: 'lab.example',
  version: 'v1',
  resource: 'drills',
  kind: 'Drill',
  listKind: 'DrillList',
  singular: 'drill',
  namespaced: true,
  verbs: ['get', 'list'],
  shortNames: ['dr'],
  categories: [],
  subresources: [],
  columns: [],
};

describe('ResourceRegistry', () => {
  it('finds resources by plural and by kind', () => {
    const registry = new ResourceRegistry();
    expect(registry.find('apps', 'v1', 'deployments')).toMatchObject({
      kind: 'Deployment',
      typeName: 'apps/v1.Deployment',
      namespaced: true,
    });
    expect(registry.findByApiVersion('v1', 'Pod')?.shortNames).toEqual(['po']);
    expect(registry.find('', 'v1', 'widgets')).toBeUndefined();
  });

  it('serves only kinds whose fields it knows', () => {
    const registry = new ResourceRegistry();
    expect(registry.all().every((info) => info.typeName !== undefined)).toBe(true);
    expect(registry.find('node.k8s.io', 'v1', 'runtimeclasses')?.kind).toBe('RuntimeClass');
  });

  it('knows the foreign kinds of subresources', () => {
    const registry = new ResourceRegistry();
    const scale = registry.find('apps', 'v1', 'deployments')?.subresources.find(({ name }) => name === 'scale');
    const eviction = registry.find('', 'v1', 'pods')?.subresources.find(({ name }) => name === 'eviction');
    expect(scale).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale', typeName: 'autoscaling/v1.Scale' });
    expect(eviction).toMatchObject({ group: 'policy', kind: 'Eviction', typeName: 'policy/v1.Eviction' });
  });

  it('takes custom resources in and out, and its generation tells', () => {
    const registry = new ResourceRegistry();
    const before = registry.generation;
    registry.add(drills);
    expect(registry.find('lab.example', 'v1', 'drills')).toBe(drills);
    expect(registry.generation).toBeGreaterThan(before);
    registry.remove('lab.example', 'v1', 'drills');
    expect(registry.findByKind('lab.example', 'v1', 'Drill')).toBeUndefined();
    expect(apiGroup(registry, 'lab.example')).toBeUndefined();
  });
});

describe('discovery', () => {
  const registry = new ResourceRegistry();
  registry.add(drills);

  it('aggregates as a real server does', () => {
    const { api, apis } = discoveryV2(registry);
    expect(api.items).toHaveLength(1);
    expect(api.items[0]?.metadata).toEqual({});
    expect(api.items[0]?.versions?.[0]?.resources?.[0]).toEqual({
      resource: 'bindings',
      responseKind: { group: '', version: '', kind: 'Binding' },
      scope: 'Namespaced',
      singularResource: 'binding',
      verbs: ['create'],
    });
    const autoscaling = apis.items.find(({ metadata }) => metadata.name === 'autoscaling');
    expect(autoscaling?.versions?.map(({ version }) => version)).toEqual(['v2', 'v1']);
    expect(apis.items.at(-1)?.metadata.name).toBe('lab.example');
  });

  it('lists in the plain form, subresources among the resources', () => {
    const apps = apiResourceList(registry, 'apps', 'v1');
    expect(apps).toMatchObject({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'apps/v1' });
    expect(apps?.resources.find(({ name }) => name === 'deployments/scale')).toEqual({
      name: 'deployments/scale',
      singularName: '',
      namespaced: true,
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
    });
    expect(apiResourceList(registry, 'apps', 'v9')).toBeUndefined();
    expect(apiGroupList(registry).groups.map(({ name }) => name)).not.toContain('');
    expect(apiGroup(registry, 'autoscaling')?.preferredVersion).toEqual({ groupVersion: 'autoscaling/v2', version: 'v2' });
  });
});
