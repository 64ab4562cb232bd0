import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { Pod, ReplicaSet, ReplicationController } from '../meta/generated/types.ts';
import { ControllersHarness, template } from './controllers-harness.ts';
import { planReplicas } from './replicaset-plan.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const replicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'rs', namespace: 'ns' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template() },
});
const scale = (replicas: number): Promise<ReplicaSet> =>
  h.change<ReplicaSet>(resources.replicaSets, 'rs', (rs) => ({ ...rs, spec: { ...rs.spec!, replicas } }));

test('a deleted pod is replaced, a failed one too', async () => {
  await h.create(resources.replicaSets, replicaSet(2));
  await h.settle();
  await h.runPods();
  const [first, second] = await h.pods();
  await h.api.delete(resources.pods, first!.metadata.name, 'ns');
  await h.endPod(second!.metadata.name, 'Failed');
  await h.settle();
  const alive = (await h.pods()).filter(({ status }) => status?.phase !== 'Failed');
  expect(alive).toHaveLength(2);
});

test('an orphan that matches is adopted; a pod that matches no more is let go and replaced', async () => {
  await h.create<Pod>(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'orphan', namespace: 'ns', labels: { app: 'web' } },
    spec: { containers: [] },
  });
  await h.create(resources.replicaSets, replicaSet(2));
  await h.settle();
  expect(await h.pods()).toHaveLength(2);
  expect((await h.get<Pod>(resources.pods, 'orphan')).metadata.ownerReferences).toMatchObject([
    { kind: 'ReplicaSet', name: 'rs', controller: true },
  ]);
  await h.change<Pod>(resources.pods, 'orphan', (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { app: 'other' } } }));
  await h.settle();
  expect((await h.get<Pod>(resources.pods, 'orphan')).metadata.ownerReferences).toBeUndefined();
  expect(await h.pods()).toHaveLength(3);
});

test("another controller's pod is left alone", async () => {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'other', uid: 'other-uid', controller: true }];
  await h.create(resources.replicaSets, { ...replicaSet(0), metadata: { name: 'other', namespace: 'ns' } });
  await h.create<Pod>(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'theirs', namespace: 'ns', labels: { app: 'web' }, ownerReferences },
    spec: { containers: [] },
  });
  h.api.beforeWrite = ({ verb, name }) => {
    if (verb === 'patch' && name === 'theirs') throw new Error('must not be touched');
  };
  await h.create(resources.replicaSets, replicaSet(1));
  await h.settle();
  expect((await h.pods()).filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'rs')).toHaveLength(1);
});

test('scaling down takes the pods that are worth least', async () => {
  await h.create(resources.replicaSets, replicaSet(3));
  await h.settle();
  await h.runPods();
  const [, second] = await h.pods();
  await h.setReady(second!.metadata.name, false);
  await scale(2);
  await h.settle();
  const left = (await h.pods()).map(({ metadata }) => metadata.name);
  expect(left).toHaveLength(2);
  expect(left).not.toContain(second!.metadata.name);
});

test('on a stale copy nothing is created twice', async () => {
  await h.create(resources.replicaSets, replicaSet(5));
  await h.settle();
  expect(h.api.actions.filter(({ verb, resource }) => verb === 'create' && resource === 'pods')).toHaveLength(5);
});

test('failing creations come in growing batches: one refusal and not five', async () => {
  let refusals = 0;
  h.api.beforeWrite = ({ verb, resource }) => {
    if (verb !== 'create' || resource !== 'pods') return;
    refusals += 1;
    throw new Error('no');
  };
  await h.create(resources.replicaSets, replicaSet(50));
  await h.settle();
  expect(refusals).toBeLessThan(5);
});

test.each([
  ['unscheduled first', [pod('a', { node: 'n' }), pod('b', {})], 'b'],
  ['pending before running', [pod('a', { node: 'n', phase: 'Running' }), pod('b', { node: 'n', phase: 'Pending' })], 'b'],
  ['unready before ready', [pod('a', { node: 'n', phase: 'Running', isReady: true }), pod('b', { node: 'n', phase: 'Running' })], 'b'],
  ['cheaper first', [pod('a', { node: 'n', cost: '10' }), pod('b', { node: 'n', cost: '-1' })], 'b'],
  ['crowded node first', [pod('a', { node: 'n' }), pod('b', { node: 'm' }), pod('c', { node: 'm' })], 'b'],
  ['more restarts first', [pod('a', { node: 'n', restarts: 1 }), pod('b', { node: 'n', restarts: 5 })], 'b'],
  [
    'younger first',
    [pod('a', { node: 'n', created: '2026-01-01T00:00:00Z' }), pod('b', { node: 'n', created: '2026-01-01T00:00:09Z' })],
    'b',
  ],
])('deletion order: %s', (_name, pods, first) => {
  const plan = planReplicas(replicaSet(pods.length - 1), pods, pods);
  expect(plan).toMatchObject({ kind: 'delete', pods: [{ metadata: { name: first } }] });
});

interface Traits {
  readonly node?: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly cost?: string;
  readonly restarts?: number;
  readonly created?: string;
}

function pod(
  name: string,
  { node, phase = 'Running', isReady = false, cost, restarts = 0, created = '2026-01-01T00:00:00Z' }: Traits,
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      creationTimestamp: created,
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: created }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: isReady, restartCount: restarts }],
    },
  };
}

test('a ReplicationController keeps its pods too, and none of a ReplicaSet of the same name', async () => {
  await h.create(resources.replicaSets, replicaSet(1));
  await h.settle();
  await h.create<ReplicationController>(resources.replicationControllers, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'rs', namespace: 'ns' },
    spec: { replicas: 2, selector: { app: 'web' }, template: template() },
  });
  await h.settle();
  await h.runPods();
  expect((await h.pods()).map(({ metadata }) => metadata.ownerReferences?.[0]?.kind).sort()).toEqual([
    'ReplicaSet',
    'ReplicationController',
    'ReplicationController',
  ]);
  const { status } = await h.get<ReplicationController>(resources.replicationControllers, 'rs');
  expect(status).toEqual({ replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 });
});
