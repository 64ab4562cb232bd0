import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { Deployment, Pod, ReplicaSet } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { ControllersHarness, deployment, template } from './controllers-harness.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const { deployments, replicaSets } = resources;
const web = (): Promise<Deployment> => h.get<Deployment>(deployments, 'web');
const setImage = (image: string): Promise<Deployment> =>
  h.change<Deployment>(deployments, 'web', (d) => ({ ...d, spec: { ...d.spec!, template: template(image) } }));
const conditions = async (): Promise<string[]> =>
  ((await web()).status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`).sort();
const imageOf = (pod: Pod): string => pod.spec?.containers[0]?.image ?? '';

async function roll(replicas = 4): Promise<void> {
  await h.create(deployments, deployment({ replicas }));
  await h.settle();
  await h.runPods();
}

test('a new Deployment makes a ReplicaSet, and that its pods, with names, labels, owners and events as in Kubernetes', async () => {
  await roll(2);
  const [replicaSet] = await h.list<ReplicaSet>(replicaSets);
  const hash = replicaSet!.metadata.labels!['pod-template-hash']!;
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
  expect(replicaSet).toMatchObject({
    metadata: {
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: {
        'deployment.kubernetes.io/desired-replicas': '2',
        'deployment.kubernetes.io/max-replicas': '3',
        'deployment.kubernetes.io/revision': '1',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } } },
    status: { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 0, observedGeneration: 1 },
  });
  const { status, metadata } = await web();
  expect(metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
  expect(status).toMatchObject({ observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 });
  expect(status?.unavailableReplicas).toBeUndefined();
  expect(status?.conditions).toMatchObject([
    { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' },
    {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "web-${hash}" has successfully progressed.`,
    },
  ]);
  const pods = await h.pods();
  expect(pods.map(({ metadata: { name } }) => name).every((name) => name.startsWith(`web-${hash}-`))).toBe(true);
  expect(await h.events()).toEqual(
    expect.arrayContaining([
      `Normal ScalingReplicaSet Scaled up replica set web-${hash} from 0 to 2`,
      `Normal SuccessfulCreate Created pod: ${pods[0]!.metadata.name}`,
    ]),
  );
});

test('a rolling update keeps to surge and unavailable at every step and ends with the new alone', async () => {
  await roll(4);
  await setImage('v2');
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 3, v2: 2 });
  for (let step = 0; step < 10; step += 1) {
    const pods = (await h.pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ready = pods.filter(({ status }) => status?.phase === 'Running');
    expect(pods.length).toBeLessThanOrEqual(5);
    expect(ready.length).toBeGreaterThanOrEqual(3);
    const next = pods.find(({ status }) => status?.phase !== 'Running');
    if (next === undefined) break;
    await h.runPods((pod) => pod.metadata.name === next.metadata.name);
  }
  expect(await h.replicaSetSizes()).toEqual({ v1: 0, v2: 4 });
  expect((await h.pods()).map(imageOf)).toEqual(['v2', 'v2', 'v2', 'v2']);
  expect((await web()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
});

test('a broken new version stops the rollout with the old pods serving, and after the deadline says so', async () => {
  await roll(2);
  await setImage('broken');
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 2, broken: 1 });
  expect(await conditions()).toEqual(['Available=True MinimumReplicasAvailable', 'Progressing=True ReplicaSetUpdated']);
  await h.advance(590_000);
  expect(await conditions()).toContain('Progressing=True ReplicaSetUpdated');
  await h.advance(12_000);
  expect(await conditions()).toContain('Progressing=False ProgressDeadlineExceeded');
  await setImage('v1');
  await h.settle();
  await h.runPods();
  expect(await h.replicaSetSizes()).toEqual({ v1: 2, broken: 0 });
  expect(await conditions()).toContain('Progressing=True NewReplicaSetAvailable');
});

test('going back to an older template takes its ReplicaSet again, with a new revision and its history', async () => {
  await roll(1);
  await setImage('v2');
  await h.settle();
  await h.runPods();
  await setImage('v1');
  await h.settle();
  await h.runPods();
  const sets = await h.list<ReplicaSet>(replicaSets);
  expect(sets).toHaveLength(2);
  const first = sets.find(({ spec }) => spec?.template?.spec?.containers[0]?.image === 'v1')!;
  expect(first.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
  expect((await web()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
});

test('annotations go over to the ReplicaSet, last-applied does not', async () => {
  const wanted = deployment({ replicas: 1 });
  wanted.metadata.annotations = { 'kubernetes.io/change-cause': 'first', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  await h.create(deployments, wanted);
  await h.settle();
  const [replicaSet] = await h.list<ReplicaSet>(replicaSets);
  expect(replicaSet!.metadata.annotations).toMatchObject({ 'kubernetes.io/change-cause': 'first' });
  expect(replicaSet!.metadata.annotations).not.toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
});

test('Recreate: nothing new before the last old pod is gone', async () => {
  await h.create<KubeObject>(resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } });
  await h.create(deployments, deployment({ replicas: 2, strategy: { type: 'Recreate' } }));
  await h.settle();
  for (const pod of await h.pods()) {
    await h.api.post({ ...resources.pods, subresource: 'binding' }, pod.metadata.name, 'ns', { target: { name: 'node' } });
  }
  await h.runPods();
  await setImage('v2');
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 0 });
  const leaving = await h.pods();
  expect(leaving.every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
  await h.api.delete(resources.pods, leaving[0]!.metadata.name, 'ns', { gracePeriodSeconds: 0 });
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 0 });
  await h.api.delete(resources.pods, leaving[1]!.metadata.name, 'ns', { gracePeriodSeconds: 0 });
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 0, v2: 2 });
});

test('a paused Deployment scales but does not roll; resumed it rolls', async () => {
  await roll(2);
  await h.change<Deployment>(deployments, 'web', (d) => ({ ...d, spec: { ...d.spec!, paused: true, template: template('v2') } }));
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 2 });
  expect(await conditions()).toContain('Progressing=Unknown DeploymentPaused');
  await h.change<Deployment>(deployments, 'web', (d) => ({ ...d, spec: { ...d.spec!, replicas: 3 } }));
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 3 });
  await h.change<Deployment>(deployments, 'web', (d) => ({ ...d, spec: { ...d.spec!, paused: false } }));
  await h.settle();
  for (let round = 0; round < 6; round += 1) await h.runPods();
  expect(await h.replicaSetSizes()).toEqual({ v1: 0, v2: 3 });
});

test('scaled in the middle of a rollout, both versions grow in proportion', async () => {
  await roll(10);
  await setImage('v2');
  await h.settle();
  expect(await h.replicaSetSizes()).toEqual({ v1: 8, v2: 5 });
  await h.change<Deployment>(deployments, 'web', (d) => ({ ...d, spec: { ...d.spec!, replicas: 20 } }));
  await h.settle();
  const { v1 = 0, v2 = 0 } = await h.replicaSetSizes();
  expect(v1 + v2).toBe(25);
  expect(v1).toBeGreaterThan(v2);
  expect(v2).toBeGreaterThan(5);
});

test('old ReplicaSets past the history limit are removed, oldest first', async () => {
  await h.create(deployments, deployment({ replicas: 1, revisionHistoryLimit: 1 }));
  await h.settle();
  await h.runPods();
  for (const image of ['v2', 'v3', 'v4']) {
    await setImage(image);
    await h.settle();
    await h.runPods();
  }
  expect(Object.keys(await h.replicaSetSizes()).sort()).toEqual(['v3', 'v4']);
});

test('pods that cannot be made: the failure is told once by the event and kept as a condition', async () => {
  h.api.beforeWrite = ({ verb, resource }) => {
    if (verb === 'create' && resource === 'pods') throw new Error('exceeded quota');
  };
  await h.create(deployments, deployment({ replicas: 2 }));
  await h.settle();
  expect(await conditions()).toEqual([
    'Available=False MinimumReplicasUnavailable',
    'Progressing=True NewReplicaSetCreated',
    'ReplicaFailure=True FailedCreate',
  ]);
  const tries = (): Promise<number> =>
    h.events().then((events) => events.filter((event) => event.includes('Error creating: exceeded quota')).length);
  expect(await tries()).toBe(1);
  h.api.beforeWrite = () => {};
  await h.advance(60_000);
  await h.runPods();
  expect(await conditions()).toEqual(['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable']);
});

test('minReadySeconds: a ready pod counts only after so long', async () => {
  await h.create(deployments, deployment({ replicas: 1, minReadySeconds: 30 }));
  await h.settle();
  await h.runPods();
  expect((await web()).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
  await h.advance(31_000);
  expect((await web()).status).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
});

test('an idle cluster writes nothing', async () => {
  await roll(3);
  const before = h.api.actions.length;
  await h.advance(3_600_000);
  expect(h.api.actions.slice(before)).toEqual([]);
});
