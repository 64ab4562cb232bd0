import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApiClient } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { resources, subresource } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import type { Event, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, StorageClass } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { startScheduler } from './scheduler.ts';

let clock: ManualClock;
let api: FakeApiClient;
let informers: InformerFactory;
let scheduler: AsyncDisposable;

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  informers = new InformerFactory({ api, clock, log: silentLog });
  scheduler = startScheduler({ api, informers, clock, log: silentLog });
});
afterEach(async () => {
  await scheduler[Symbol.asyncDispose]();
  await informers[Symbol.asyncDispose]();
});

const addNode = (name = 'node-1', cpu = '2', more: Partial<Node['spec']> = {}): Promise<Node> =>
  api.create<Node>(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: more,
    status: { allocatable: { cpu, memory: '4Gi', pods: '110' } },
  });
const addPod = (name: string, cpu: string, spec: Partial<PodSpec> = {}): Promise<Pod> =>
  api.create<Pod>(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns' },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }], ...spec },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  });
const nodeOf = async (name: string): Promise<string | undefined> => (await api.get<Pod>(resources.pods, name, 'ns')).spec?.nodeName;
const events = async (): Promise<Event[]> => [...(await api.list<Event>(resources.events)).items];

test('binds a pod and tells of it as Kubernetes does', async () => {
  await addNode();
  await addPod('p', '100m');
  await clock.advance(0);
  expect(await nodeOf('p')).toBe('node-1');
  expect(await events()).toMatchObject([
    {
      reason: 'Scheduled',
      message: 'Successfully assigned ns/p to node-1',
      type: 'Normal',
      action: 'Binding',
      reportingComponent: 'default-scheduler',
      eventTime: '2026-01-01T00:00:00.000000Z',
      firstTimestamp: null,
    },
  ]);
});

test('many pods at once never take more than there is, though none shows as bound yet', async () => {
  await addNode('a', '2');
  await addNode('b', '2');
  for (let i = 0; i < 10; i += 1) await addPod(`p-${i}`, '1');
  await clock.advance(0);
  const places = await Promise.all(Array.from({ length: 10 }, (_, i) => nodeOf(`p-${i}`)));
  expect(places.filter((place) => place === 'a')).toHaveLength(2);
  expect(places.filter((place) => place === 'b')).toHaveLength(2);
  expect(places.filter((place) => place === undefined)).toHaveLength(6);
});

test('a pod that fits nowhere says why, and is bound when a node comes', async () => {
  await addNode('small', '1');
  await addPod('big', '4');
  await clock.advance(0);
  const pod = await api.get<Pod>(resources.pods, 'big', 'ns');
  expect(pod.status?.conditions).toMatchObject([
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: expect.stringContaining('1 Insufficient cpu') as string },
  ]);
  expect(pod.status?.phase).toBe('Pending');
  await addNode('large', '8');
  await clock.advance(900);
  expect(await nodeOf('big')).toBeUndefined();
  await clock.advance(200);
  expect(await nodeOf('big')).toBe('large');
});

test('a pod that ends makes room', async () => {
  await addNode('n', '1');
  await addPod('first', '1');
  await clock.advance(0);
  await addPod('second', '1');
  await clock.advance(0);
  expect(await nodeOf('second')).toBeUndefined();
  await api.delete(resources.pods, 'first', 'ns', { gracePeriodSeconds: 0 });
  await clock.advance(1_100);
  expect(await nodeOf('second')).toBe('n');
});

test('standing still it is tried again by nobody', async () => {
  await addNode('n', '1');
  await addPod('big', '4');
  await clock.advance(0);
  const before = api.actions.length;
  await clock.advance(3_600_000);
  expect(api.actions.slice(before)).toEqual([]);
});

test('more important pods push others out', async () => {
  await addNode('n', '1');
  await addPod('low', '1', { priority: 0 });
  await clock.advance(0);
  await addPod('high', '1', { priority: 1000 });
  await clock.advance(0);
  const low = await api.get<Pod>(resources.pods, 'low', 'ns');
  expect(low.metadata.deletionTimestamp).toBeDefined();
  expect((await api.get<Pod>(resources.pods, 'high', 'ns')).status?.nominatedNodeName).toBe('n');
  await api.delete(resources.pods, 'low', 'ns', { gracePeriodSeconds: 0 });
  await clock.advance(2_100);
  expect(await nodeOf('high')).toBe('n');
});

test("another scheduler's pods, and gated ones, are left alone", async () => {
  await addNode();
  await addPod('theirs', '1', { schedulerName: 'custom' });
  await addPod('gated', '1', { schedulingGates: [{ name: 'wait' }] });
  await clock.advance(0);
  expect(await nodeOf('theirs')).toBeUndefined();
  expect(await nodeOf('gated')).toBeUndefined();
  const gated = await api.get<Pod>(resources.pods, 'gated', 'ns');
  expect(gated.status?.conditions).toMatchObject([{ reason: 'SchedulingGated' }]);
  const { schedulingGates: _gates, ...spec } = gated.spec!;
  await api.update<Pod>(resources.pods, { ...gated, spec });
  await clock.advance(0);
  expect(await nodeOf('gated')).toBe('node-1');
});

test('a claim that is not there or not bound keeps its pod pending, with Kubernetes’ words', async () => {
  await addNode();
  await addPod('p', '1', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
  await clock.advance(0);
  expect((await api.get<Pod>(resources.pods, 'p', 'ns')).status?.conditions?.[0]?.message).toMatch(
    /^0\/1 nodes are available: persistentvolumeclaim "data" not found\./,
  );
});

const addClass = (name: string, provisioner: string): Promise<StorageClass> =>
  api.create<StorageClass>(resources.storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
  });
const addClaim = (storageClassName: string, more: Partial<PersistentVolumeClaim> = {}): Promise<PersistentVolumeClaim> =>
  api.create<PersistentVolumeClaim>(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'ns' },
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    ...more,
  });
const addVolume = (nodeName: string): Promise<PersistentVolume> =>
  api.create<PersistentVolume>(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk' },
    spec: {
      storageClassName: 'slow',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] },
      },
    },
  });
const usesClaim = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
const messageOf = async (name: string): Promise<string | undefined> =>
  (await api.get<Pod>(resources.pods, name, 'ns')).status?.conditions?.[0]?.message;

test('a claim that waits for its first pod is told the node, and the pod is bound once the claim is', async () => {
  await addNode();
  await addClass('local', 'drillhouse.local/node-local');
  const claim = await addClaim('local');
  await addPod('p', '1', usesClaim);
  await clock.advance(0);
  expect(await nodeOf('p')).toBeUndefined();
  const selected = await api.get<PersistentVolumeClaim>(resources.persistentVolumeClaims, 'data', 'ns');
  expect(selected.metadata.annotations).toEqual({ 'volume.kubernetes.io/selected-node': 'node-1' });
  await addVolume('node-1');
  const bound = await api.update<PersistentVolumeClaim>(resources.persistentVolumeClaims, {
    ...selected,
    spec: { ...claim.spec, volumeName: 'disk' },
  });
  await api.update(subresource(resources.persistentVolumeClaims, 'status'), { ...bound, status: { phase: 'Bound' } });
  await clock.advance(0);
  expect(await nodeOf('p')).toBe('node-1');
});

test('a pod goes where its volume is, or says that it cannot', async () => {
  await addNode('a');
  await addNode('b');
  await addVolume('b');
  await addClaim('slow', { status: { phase: 'Bound' }, spec: { volumeName: 'disk' } });
  await addPod('p', '1', usesClaim);
  await addPod('elsewhere', '1', { ...usesClaim, nodeSelector: { none: 'such' } });
  await clock.advance(0);
  expect(await nodeOf('p')).toBe('b');
  expect(await messageOf('elsewhere')).toMatch(/^0\/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity\/selector\./);
  await addPod('too-big', '2', usesClaim);
  await clock.advance(0);
  expect(await messageOf('too-big')).toMatch(
    /^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) didn't match PersistentVolume's node affinity\./,
  );
});

test('where nobody makes volumes, a node must have one', async () => {
  await addNode();
  await addClass('slow', 'kubernetes.io/no-provisioner');
  await addClaim('slow');
  await addPod('p', '1', usesClaim);
  await clock.advance(0);
  expect(await messageOf('p')).toMatch(/^0\/1 nodes are available: 1 node\(s\) didn't find available persistent volumes to bind\./);
});
