import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServiceRoute } from '../../runtime/runtime.ts';
import { FakeApiClient } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { resources } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import type { Endpoint, EndpointSlice, Service } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { planRoutes } from './plan-routes.ts';
import { startServiceProxy } from './service-proxy.ts';

const service = (name: string, spec: NonNullable<Service['spec']>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'ns' },
  spec,
});
const slice = (
  name: string,
  endpoints: Endpoint[],
  ports: NonNullable<EndpointSlice['ports']> = [{ name: '', port: 8080, protocol: 'TCP' }],
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-${Math.random()}`, namespace: 'ns', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints,
  ports,
});
const web = service('web', { clusterIP: '10.96.0.9', ports: [{ port: 80, protocol: 'TCP' }] });

const places = { podCidr: '10.64.0.0/16', hostIp: '10.64.0.254', hostPorts: [6443] };

test.each<[string, Service, EndpointSlice[], ServiceRoute['ports'] | undefined]>([
  ['nobody behind it', web, [], [{ port: 80, protocol: 'TCP', endpoints: [] }]],
  [
    'ready endpoints of all slices, sorted',
    web,
    [
      slice('web', [{ addresses: ['10.64.0.2'], conditions: { ready: true } }]),
      slice('web', [{ addresses: ['10.64.0.1'] }, { addresses: ['10.64.0.3'], conditions: { ready: false } }]),
    ],
    [
      {
        port: 80,
        protocol: 'TCP',
        endpoints: [
          { ip: '10.64.0.1', port: 8080 },
          { ip: '10.64.0.2', port: 8080 },
        ],
      },
    ],
  ],
  [
    'ports go together by name',
    service('web', {
      clusterIP: '10.96.0.9',
      ports: [
        { name: 'http', port: 80 },
        { name: 'metrics', port: 90 },
      ],
    }),
    [
      slice(
        'web',
        [{ addresses: ['10.64.0.1'] }],
        [
          { name: 'metrics', port: 9090 },
          { name: 'http', port: 8080 },
        ],
      ),
    ],
    [
      { name: 'http', port: 80, protocol: 'TCP', endpoints: [{ ip: '10.64.0.1', port: 8080 }] },
      { name: 'metrics', port: 90, protocol: 'TCP', endpoints: [{ ip: '10.64.0.1', port: 9090 }] },
    ],
  ],
  [
    'headless, with names',
    service('web', { clusterIP: 'None', ports: [{ port: 80 }] }),
    [slice('web', [{ addresses: ['10.64.0.1'], hostname: 'web-0' }])],
    [{ port: 80, protocol: 'TCP', endpoints: [{ ip: '10.64.0.1', port: 8080, hostname: 'web-0' }] }],
  ],
  ['another Service’s slices', web, [slice('other', [{ addresses: ['10.64.0.1'] }])], [{ port: 80, protocol: 'TCP', endpoints: [] }]],
  [
    'endpoints that are neither pods nor what the platform serves',
    web,
    [
      slice('web', [{ addresses: ['10.64.0.254'] }, { addresses: ['127.0.0.1'] }, { addresses: ['10.65.0.1'] }]),
      slice('web', [{ addresses: ['10.64.0.254'] }], [{ name: '', port: 6443, protocol: 'TCP' }]),
    ],
    [{ port: 80, protocol: 'TCP', endpoints: [{ ip: '10.64.0.254', port: 6443 }] }],
  ],
])('routes for: %s', (_name, of, slices, ports) => {
  expect(planRoutes([of], slices, places)).toEqual(
    ports === undefined ? [] : [expect.objectContaining({ namespace: 'ns', name: 'web', ports })],
  );
});

test('a Service with affinity to its clients is told from others', () => {
  const of = service('web', { clusterIP: '10.96.0.9', sessionAffinity: 'ClientIP', ports: [{ port: 80 }] });
  expect(planRoutes([of, web], [], places)).toMatchObject([{ isSticky: true }, { name: 'web' }]);
  expect(planRoutes([web], [], places)[0]?.isSticky).toBeUndefined();
});

test('an ExternalName is a name and leads nowhere', () => {
  const of = service('web', { type: 'ExternalName', externalName: 'example.org' });
  expect(planRoutes([of], [], places)).toEqual([{ namespace: 'ns', name: 'web', clusterIp: '', externalName: 'example.org', ports: [] }]);
});

test('a headless Service without ports has its ready endpoints’ addresses all the same', () => {
  const of = service('web', { clusterIP: 'None' });
  const endpoints = [
    { addresses: ['10.64.0.1'], hostname: 'web-0' },
    { addresses: ['10.64.0.2'], conditions: { ready: false } },
  ];
  expect(planRoutes([of], [slice('web', endpoints, [])], places)).toMatchObject([
    { clusterIp: 'None', ports: [], addresses: [{ ip: '10.64.0.1', hostname: 'web-0' }] },
  ]);
});

let clock: ManualClock;
let api: FakeApiClient;
let informers: InformerFactory;
let runtime: FakeRuntime;
let proxy: AsyncDisposable;

beforeEach(async () => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  informers = new InformerFactory({ api, clock, log: silentLog });
  runtime = new FakeRuntime(clock);
  await api.create(resources.services, web);
  proxy = await startServiceProxy({ informers, runtime, clock, log: silentLog, hostPorts: [6443] });
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await informers[Symbol.asyncDispose]();
});

const programmed = (): number => runtime.calls.filter((call) => call.startsWith('program')).length;

test('the table is in place when the start is over', () => {
  expect(runtime.routes).toMatchObject([{ name: 'web', clusterIp: '10.96.0.9' }]);
});

test('a batch of changes is one call, a change that alters nothing is none', async () => {
  const before = programmed();
  for (let i = 0; i < 20; i += 1) await api.create(resources.endpointSlices, slice('web', [{ addresses: [`10.64.0.${i + 1}`] }]));
  await clock.advance(0);
  expect(runtime.routes[0]?.ports[0]?.endpoints).toHaveLength(20);
  expect(programmed() - before).toBeLessThanOrEqual(20);
  const settled = programmed();
  const held = await api.get<Service>(resources.services, 'web', 'ns');
  await api.update<Service>(resources.services, { ...held, metadata: { ...held.metadata, labels: { a: 'b' } } });
  await clock.advance(0);
  expect(programmed()).toBe(settled);
});

test('one call at a time; what changes meanwhile is in the next', async () => {
  let finish: () => void = () => {};
  let underWay = 0;
  const tables: number[] = [];
  runtime.programServices = async (routes) => {
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise<void>((resolve) => (finish = resolve));
    underWay -= 1;
    tables.push(routes[0]?.ports[0]?.endpoints.length ?? 0);
  };
  for (let i = 0; i < 5; i += 1) {
    await api.create(resources.endpointSlices, slice('web', [{ addresses: [`10.64.0.${i + 1}`] }]));
    await clock.advance(0);
  }
  finish();
  await clock.advance(0);
  finish();
  await clock.advance(0);
  expect(tables).toEqual([1, 5]);
});

test('a failed call is tried again; a runtime that comes back is told everything', async () => {
  runtime.failNext = { call: 'program', error: new Error('no engine') };
  await api.create(resources.endpointSlices, slice('web', [{ addresses: ['10.64.0.1'] }]));
  await clock.advance(0);
  expect(runtime.routes[0]?.ports[0]?.endpoints).toEqual([]);
  await clock.advance(1_000);
  expect(runtime.routes[0]?.ports[0]?.endpoints).toHaveLength(1);
  const before = programmed();
  runtime.emit({ kind: 'runtime-back' });
  await clock.advance(0);
  expect(programmed()).toBe(before + 1);
});
