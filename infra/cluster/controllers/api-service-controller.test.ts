import { afterEach, beforeEach, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import type { APIService, CustomResourceDefinition, Service } from '../meta/generated/types.ts';
import { ControllersHarness } from './controllers-harness.ts';

let h: ControllersHarness;
beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const entries = async (): Promise<Map<string, APIService>> =>
  new Map((await h.api.list<APIService>(resources.apiServices)).items.map((each) => [each.metadata.name, each]));

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'things', kind: 'Thing' },
    scope: 'Namespaced',
    versions: [
      { name: 'v1', served: true, storage: true },
      { name: 'v1alpha1', served: false, storage: false },
    ],
  },
} as CustomResourceDefinition;

it('lists what the server serves, and makes it again when somebody deletes it', async () => {
  await h.settle();
  const listed = await entries();
  expect(listed.get('v1.')?.spec).toEqual({ version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 });
  expect(listed.get('v2.autoscaling')?.spec).toEqual({
    group: 'autoscaling',
    version: 'v2',
    groupPriorityMinimum: 17_500,
    versionPriority: 30,
  });
  await h.api.delete(resources.apiServices, 'v1.apps');
  await h.settle();
  expect((await entries()).get('v1.apps')?.metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'onstart' });
});

it('follows definitions, their served versions only', async () => {
  await h.create(resources.customResourceDefinitions, definition);
  await h.settle();
  expect([...(await entries()).keys()].filter((name) => name.endsWith('example.com'))).toEqual(['v1.example.com']);
  await h.api.delete(resources.customResourceDefinitions, definition.metadata.name);
  await h.settle();
  expect((await entries()).has('v1.example.com')).toBe(false);
});

it('never finds another server available', async () => {
  const foreign = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1.other.example' } };
  const spec = {
    group: 'other.example',
    version: 'v1',
    groupPriorityMinimum: 10,
    versionPriority: 10,
    service: { namespace: 'ns', name: 'other' },
  };
  await h.create<APIService>(resources.apiServices, { ...foreign, spec });
  await h.settle();
  const available = async (): Promise<unknown> => (await entries()).get('v1.other.example')?.status?.conditions;
  expect(await available()).toMatchObject([
    { type: 'Available', status: 'False', reason: 'ServiceNotFound', message: 'service/other in "ns" is not present' },
  ]);
  await h.create<Service>(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'other', namespace: 'ns' },
    spec: {},
  });
  await h.settle();
  expect(await available()).toMatchObject([{ status: 'False', reason: 'FailedDiscoveryCheck' }]);
});
