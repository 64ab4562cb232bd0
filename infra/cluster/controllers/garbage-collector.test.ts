import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { KubeObject, OwnerReference } from '../meta/kube-object.ts';
import { ControllersHarness, deployment } from './controllers-harness.ts';
import { planGarbage } from './garbage-plan.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const configMap = (name: string, owners: readonly KubeObject[] = [], block = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'ns',
    ...(owners.length === 0
      ? {}
      : {
          ownerReferences: owners.map(({ metadata }) => ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: metadata.name,
            uid: metadata.uid!,
            blockOwnerDeletion: block,
          })),
        }),
  },
});
const create = (object: KubeObject): Promise<KubeObject> => h.create(resources.configMaps, object);
const names = async (): Promise<string[]> => (await h.list(resources.configMaps)).map(({ metadata }) => metadata.name).sort();

test('in the background: what an owner owned goes after it, down the whole tree', async () => {
  const owner = await create(configMap('owner'));
  const child = await create(configMap('child', [owner]));
  await create(configMap('grandchild', [child]));
  await create(configMap('stranger'));
  await h.settle();
  await h.api.delete(resources.configMaps, 'owner', 'ns', { propagationPolicy: 'Background' });
  await h.settle();
  expect(await names()).toEqual(['stranger']);
});

test('what is made with an owner that is gone already is collected', async () => {
  const owner = await create(configMap('owner'));
  await h.api.delete(resources.configMaps, 'owner', 'ns');
  await h.settle();
  await create(configMap('late', [owner]));
  await h.settle();
  expect(await names()).toEqual([]);
});

test('a namesake of the owner made later does not own it', async () => {
  const owner = await create(configMap('owner'));
  await create(configMap('child', [owner]));
  await h.settle();
  void h.api.delete(resources.configMaps, 'owner', 'ns');
  await create(configMap('owner'));
  await h.settle();
  expect(await names()).toEqual(['owner']);
});

test('with two owners it stays with the one that is left', async () => {
  const [a, b] = [await create(configMap('a')), await create(configMap('b'))];
  await create(configMap('child', [a, b]));
  await h.settle();
  await h.api.delete(resources.configMaps, 'a', 'ns');
  await h.settle();
  expect(await names()).toEqual(['b', 'child']);
  expect((await h.get(resources.configMaps, 'child')).metadata.ownerReferences?.map(({ name }) => name)).toEqual(['b']);
});

test('in the foreground: the owner waits for its dependents', async () => {
  const owner = await create(configMap('owner'));
  const child = await create(configMap('child', [owner]));
  await h.settle();
  const held = await h.get(resources.configMaps, 'child');
  await h.api.update(resources.configMaps, { ...held, metadata: { ...held.metadata, finalizers: ['example/hold'] } });
  await h.api.delete(resources.configMaps, 'owner', 'ns', { propagationPolicy: 'Foreground' });
  await h.settle();
  expect(await names()).toEqual(['child', 'owner']);
  expect((await h.get(resources.configMaps, 'child')).metadata.deletionTimestamp).toBeDefined();
  await h.api.patch(resources.configMaps, { name: child.metadata.name, namespace: 'ns' }, 'merge', { metadata: { finalizers: null } });
  await h.settle();
  expect(await names()).toEqual([]);
});

test('orphaned: dependents stay and belong to nobody', async () => {
  const owner = await create(configMap('owner'));
  await create(configMap('child', [owner]));
  await h.settle();
  await h.api.delete(resources.configMaps, 'owner', 'ns', { propagationPolicy: 'Orphan' });
  await h.settle();
  expect(await names()).toEqual(['child']);
  expect((await h.get(resources.configMaps, 'child')).metadata.ownerReferences).toBeUndefined();
});

test('a deleted Deployment takes ReplicaSets and pods along', async () => {
  await h.create(resources.deployments, deployment({ replicas: 2 }));
  await h.settle();
  expect(await h.pods()).toHaveLength(2);
  await h.api.delete(resources.deployments, 'web', 'ns', { propagationPolicy: 'Background' });
  await h.settle();
  expect(await h.pods()).toEqual([]);
  expect(await h.list(resources.replicaSets)).toEqual([]);
});

test('custom resources are collected once their definition is established', async () => {
  const widgets = { group: 'example.org', version: 'v1', resource: 'widgets' };
  await h.create<KubeObject & Record<string, unknown>>(resources.customResourceDefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true }],
    },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  });
  await h.settle();
  const owner = await h.create<KubeObject>(widgets, {
    apiVersion: 'example.org/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'ns' },
  });
  const reference: OwnerReference = { apiVersion: 'example.org/v1', kind: 'Widget', name: 'w', uid: owner.metadata.uid! };
  const child = configMap('child');
  child.metadata.ownerReferences = [reference];
  await create(child);
  await h.settle();
  expect(await names()).toEqual(['child']);
  await h.api.delete(widgets, 'w', 'ns');
  await h.settle();
  expect(await names()).toEqual([]);
});

test.each([
  [[], {}, false, { kind: 'keep' }],
  [['a'], { a: 'alive' }, false, { kind: 'keep' }],
  [['a'], { a: 'absent' }, false, { kind: 'delete', propagationPolicy: 'Background' }],
  [['a', 'b'], { a: 'absent', b: 'alive' }, false, { kind: 'forget-owners', uids: ['a'] }],
  [['a'], { a: 'deleting-dependents' }, false, { kind: 'delete', propagationPolicy: 'Background' }],
  [['a'], { a: 'deleting-dependents' }, true, { kind: 'delete', propagationPolicy: 'Foreground' }],
] as const)('plan for owners %j that are %j, dependents %s: %j', (owners, states, hasDependents, expected) => {
  const object = configMap('x');
  object.metadata.ownerReferences = owners.map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid }));
  expect(planGarbage(object, ({ uid }) => (states as Record<string, 'alive'>)[uid] ?? 'alive', hasDependents)).toEqual(expected);
});
