import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../meta/generated/types.ts';
import { ControllersHarness, template } from './controllers-harness.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const { statefulSets } = resources;
const db = (spec: Partial<NonNullable<StatefulSet['spec']>> = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'ns' },
  spec: { serviceName: 'db', replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});
const names = async (): Promise<string[]> => (await h.pods()).map(({ metadata }) => metadata.name).sort();
const images = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await h.pods()).map(({ metadata, spec }) => [metadata.name, spec?.containers[0]?.image ?? '']));
const change = (spec: Partial<NonNullable<StatefulSet['spec']>>): Promise<StatefulSet> =>
  h.change<StatefulSet>(statefulSets, 'db', (set) => ({ ...set, spec: { ...set.spec!, ...spec } }));

async function runAll(): Promise<void> {
  for (let round = 0; round < 8; round += 1) await h.runPods();
}

test('pods come one after another, each with a name and labels of its own', async () => {
  await h.create(statefulSets, db());
  await h.settle();
  expect(await names()).toEqual(['db-0']);
  await h.runPods();
  expect(await names()).toEqual(['db-0', 'db-1']);
  await runAll();
  expect(await names()).toEqual(['db-0', 'db-1', 'db-2']);
  const pod = await h.get<Pod>(resources.pods, 'db-1');
  expect(pod.metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'db-1', 'apps.kubernetes.io/pod-index': '1' });
  expect(pod.metadata.labels?.['controller-revision-hash']).toMatch(/^db-[bcdfghjklmnpqrstvwxz2456789]+$/);
  expect(pod.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
  expect((await h.get<StatefulSet>(statefulSets, 'db')).status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
  });
  expect(await h.events()).toContain('Normal SuccessfulCreate create Pod db-0 in StatefulSet db successful');
});

test('a deleted pod comes back under its name', async () => {
  await h.create(statefulSets, db());
  await runAll();
  const before = await h.get<Pod>(resources.pods, 'db-1');
  await h.api.delete(resources.pods, 'db-1', 'ns');
  await runAll();
  expect(await names()).toEqual(['db-0', 'db-1', 'db-2']);
  expect((await h.get<Pod>(resources.pods, 'db-1')).metadata.uid).not.toBe(before.metadata.uid);
});

test('scaled down, the highest go first', async () => {
  await h.create(statefulSets, db());
  await runAll();
  await change({ replicas: 1 });
  await runAll();
  expect(await names()).toEqual(['db-0']);
});

test('an update goes from the highest down and waits for each to be ready', async () => {
  await h.create(statefulSets, db());
  await runAll();
  await change({ template: template('v2') });
  await h.settle();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v1', 'db-2': 'v2' });
  await h.runPods();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v2', 'db-2': 'v2' });
  await runAll();
  expect(await images()).toEqual({ 'db-0': 'v2', 'db-1': 'v2', 'db-2': 'v2' });
  const { status } = await h.get<StatefulSet>(statefulSets, 'db');
  expect(status?.currentRevision).toBe(status?.updateRevision);
  expect((await h.list<ControllerRevision>(resources.controllerRevisions)).map(({ revision }) => revision).sort()).toEqual([1, 2]);
});

test('a partition holds the update back below it, also for pods made anew', async () => {
  await h.create(statefulSets, db({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }));
  await runAll();
  await change({ template: template('v2') });
  await runAll();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v1', 'db-2': 'v2' });
  await h.api.delete(resources.pods, 'db-0', 'ns');
  await runAll();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v1', 'db-2': 'v2' });
});

test('Parallel asks nobody to wait; OnDelete updates only what is deleted', async () => {
  await h.create(statefulSets, db({ podManagementPolicy: 'Parallel', updateStrategy: { type: 'OnDelete' } }));
  await h.settle();
  expect(await names()).toEqual(['db-0', 'db-1', 'db-2']);
  await runAll();
  await change({ template: template('v2') });
  await runAll();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v1', 'db-2': 'v1' });
  await h.api.delete(resources.pods, 'db-1', 'ns');
  await runAll();
  expect(await images()).toEqual({ 'db-0': 'v1', 'db-1': 'v2', 'db-2': 'v1' });
});

test('claims go with the pod or the set, where that is asked for', async () => {
  await h.create(
    statefulSets,
    db({
      replicas: 2,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
      volumeClaimTemplates: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } }],
    }),
  );
  await runAll();
  await runAll();
  const claims = async (): Promise<string[]> =>
    (await h.list<PersistentVolumeClaim>(resources.persistentVolumeClaims)).map(({ metadata }) => metadata.name);
  expect(await claims()).toEqual(['data-db-0', 'data-db-1']);
  await change({ replicas: 1 });
  await runAll();
  await h.settle();
  expect(await claims()).toEqual(['data-db-0']);
  await h.api.delete(statefulSets, 'db', 'ns');
  await h.settle();
  await h.settle();
  expect(await claims()).toEqual([]);
});

test('volume claims are made a pod and outlive it', async () => {
  await h.create(
    statefulSets,
    db({ replicas: 1, volumeClaimTemplates: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } }] }),
  );
  await runAll();
  expect((await h.list<PersistentVolumeClaim>(resources.persistentVolumeClaims)).map(({ metadata }) => metadata.name)).toEqual([
    'data-db-0',
  ]);
  expect((await h.get<Pod>(resources.pods, 'db-0')).spec?.volumes).toEqual([
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
  ]);
  await change({ replicas: 0 });
  await runAll();
  expect(await h.list(resources.persistentVolumeClaims)).toHaveLength(1);
});
