import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { Endpoints, EndpointSlice, Pod, Service } from '../meta/generated/types.ts';
import { ControllersHarness } from './controllers-harness.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const service = (spec: Partial<NonNullable<Service['spec']>> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns', labels: { team: 'a' } },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }], ...spec },
});

const pod = (name: string, containerPort = 8080): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort, protocol: 'TCP' }] }] },
});

const slices = (): Promise<readonly EndpointSlice[]> => h.list<EndpointSlice>(resources.endpointSlices);
const endpoints = (): Promise<Endpoints> => h.get<Endpoints>(resources.endpoints, 'web');

test('ready and unready pods, in slices and in Endpoints, as Kubernetes writes them', async () => {
  await h.create(resources.services, service());
  await h.create(resources.pods, pod('a'));
  await h.create(resources.pods, pod('b'));
  await h.runPods();
  await h.setReady('b', false);
  const [slice] = await slices();
  expect(await slices()).toHaveLength(1);
  expect(slice).toMatchObject({
    metadata: {
      generateName: 'web-',
      labels: {
        team: 'a',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': 'web',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false }, targetRef: { kind: 'Pod', name: 'a' } },
      { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: false }, targetRef: { kind: 'Pod', name: 'b' } },
    ],
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  });
  expect((await endpoints()).metadata.labels).toEqual({ team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
  expect((await endpoints()).subsets).toMatchObject([
    {
      addresses: [{ ip: '10.0.0.1', targetRef: { name: 'a' } }],
      notReadyAddresses: [{ ip: '10.0.0.2' }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);
});

test('a Service without pods keeps one empty slice, and Endpoints without subsets', async () => {
  await h.create(resources.services, service());
  await h.settle();
  expect(await slices()).toMatchObject([{ endpoints: [], ports: [] }]);
  expect((await endpoints()).subsets).toBeUndefined();
});

test('a selector that matches nobody empties them', async () => {
  await h.create(resources.services, service());
  await h.create(resources.pods, pod('a'));
  await h.runPods();
  await h.change<Service>(resources.services, 'web', (s) => ({ ...s, spec: { ...s.spec, selector: { app: 'typo' } } }));
  await h.settle();
  expect((await slices()).flatMap((slice) => slice.endpoints ?? [])).toEqual([]);
  expect((await endpoints()).subsets).toBeUndefined();
});

test('a named target port that pods have different numbers for makes a slice each', async () => {
  await h.create(resources.services, service());
  await h.create(resources.pods, pod('a', 8080));
  await h.create(resources.pods, pod('b', 9090));
  await h.runPods();
  expect((await slices()).map(({ ports, endpoints: members }) => [ports?.[0]?.port, members?.length]).sort()).toEqual([
    [8080, 1],
    [9090, 1],
  ]);
});

test('more than a hundred pods fill several slices; one that goes costs one write', async () => {
  await h.create(resources.services, service());
  for (let i = 0; i < 130; i += 1) await h.create(resources.pods, pod(`p-${i}`));
  await h.runPods();
  expect((await slices()).map((slice) => slice.endpoints?.length).sort()).toEqual([100, 30]);
  const before = h.api.actions.length;
  await h.api.delete(resources.pods, 'p-7', 'ns');
  await h.settle();
  expect(h.api.actions.slice(before).filter(({ resource }) => resource === 'endpointslices')).toHaveLength(1);
});

test('without a selector nothing is touched; a deleted Service takes its own Endpoints along', async () => {
  const { selector: _selector, ...spec } = service().spec!;
  await h.create(resources.services, { ...service(), metadata: { name: 'manual', namespace: 'ns' }, spec });
  await h.create<Endpoints>(resources.endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'manual', namespace: 'ns' },
    subsets: [],
  });
  await h.create(resources.services, service());
  await h.settle();
  expect((await slices()).map(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'])).toEqual(['web']);
  await h.api.delete(resources.services, 'web', 'ns');
  await h.api.delete(resources.services, 'manual', 'ns');
  await h.settle();
  expect((await h.list<Endpoints>(resources.endpoints)).map(({ metadata }) => metadata.name)).toEqual(['manual']);
  expect(await slices()).toEqual([]);
});

test('Endpoints written by hand for a Service without a selector are mirrored, and follow changes', async () => {
  const { selector: _selector, ...spec } = service().spec!;
  await h.create(resources.services, { ...service(), spec });
  await h.create<Endpoints>(resources.endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web', namespace: 'ns' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 9000 }] }],
  });
  await h.settle();
  expect(await slices()).toMatchObject([
    {
      metadata: {
        labels: {
          'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          'kubernetes.io/service-name': 'web',
        },
      },
      endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true } }],
      ports: [{ name: '', port: 9000, protocol: 'TCP' }],
    },
  ]);
  await h.change<Endpoints>(resources.endpoints, 'web', (held) => ({
    ...held,
    subsets: [{ addresses: [{ ip: '192.0.2.8' }], ports: [{ port: 9000 }] }],
  }));
  await h.settle();
  expect((await slices()).flatMap((slice) => slice.endpoints?.[0]?.addresses)).toEqual(['192.0.2.8']);
  await h.api.delete(resources.endpoints, 'web', 'ns');
  await h.settle();
  expect(await slices()).toEqual([]);
});

test('a slice that somebody broke is put right', async () => {
  await h.create(resources.services, service());
  await h.create(resources.pods, pod('a'));
  await h.runPods();
  const [slice] = await slices();
  await h.api.update<EndpointSlice>(resources.endpointSlices, { ...slice!, endpoints: [] });
  await h.settle();
  expect((await slices())[0]?.endpoints).toHaveLength(1);
});
