import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources, subresource } from '../client/resources.ts';
import type { Node, Pod, PodDisruptionBudget, Toleration } from '../meta/generated/types.ts';
import { ControllersHarness, deployment } from './controllers-harness.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const addNode = (name: string): Promise<Node> =>
  h.create<Node>(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: {},
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
const setReady = async (name: string, status: 'True' | 'False'): Promise<void> => {
  const node = await h.api.get<Node>(resources.nodes, name);
  await h.api.update<Node>(subresource(resources.nodes, 'status'), { ...node, status: { conditions: [{ type: 'Ready', status }] } });
  await h.settle();
};
const taints = async (name: string): Promise<string[]> =>
  ((await h.api.get<Node>(resources.nodes, name)).spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
const pod = (name: string, nodeName: string, tolerations: Toleration[] = []): Promise<Pod> =>
  h.create<Pod>(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns' },
    spec: { nodeName, tolerations, containers: [] },
  });
const isLeaving = async (name: string): Promise<boolean> =>
  (await h.get<Pod>(resources.pods, name)).metadata.deletionTimestamp !== undefined;

test('a node that is not ready is tainted, and its pods leave when their toleration is over', async () => {
  await addNode('a');
  await addNode('b');
  await pod('patient', 'a', [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }]);
  await pod('daemon', 'a', [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }]);
  await pod('nervous', 'a');
  await setReady('a', 'False');
  expect(await taints('a')).toEqual(['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute']);
  expect([await isLeaving('nervous'), await isLeaving('patient')]).toEqual([true, false]);
  await h.advance(299_000);
  expect(await isLeaving('patient')).toBe(false);
  await h.advance(2_000);
  expect([await isLeaving('patient'), await isLeaving('daemon')]).toEqual([true, false]);
  await setReady('a', 'True');
  expect(await taints('a')).toEqual([]);
});

test('while no node is ready nothing is evicted: that is the engine and not a node', async () => {
  await addNode('a');
  await addNode('b');
  await pod('p', 'a');
  await setReady('b', 'False');
  await setReady('a', 'False');
  await h.advance(3_600_000);
  expect(await taints('a')).toEqual(['node.kubernetes.io/not-ready:NoSchedule']);
  expect(await isLeaving('p')).toBe(false);
});

test("a cordoned node has the scheduler's taint; taints of others stay", async () => {
  const node = await addNode('a');
  await h.api.update<Node>(resources.nodes, { ...node, spec: { unschedulable: true, taints: [{ key: 'gpu', effect: 'NoSchedule' }] } });
  await h.settle();
  expect(await taints('a')).toEqual(['gpu:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule']);
  const held = await h.api.get<Node>(resources.nodes, 'a');
  await h.api.update<Node>(resources.nodes, { ...held, spec: { ...held.spec, unschedulable: false } });
  await h.settle();
  expect(await taints('a')).toEqual(['gpu:NoSchedule']);
});

test('pods of a node that does not exist go after forty seconds', async () => {
  await pod('p', 'nowhere');
  await h.advance(39_000);
  expect(await h.pods()).toHaveLength(1);
  await h.advance(1_000);
  expect(await h.pods()).toEqual([]);
});

test('a budget says how many of its pods may be disrupted', async () => {
  await h.create(resources.deployments, deployment({ replicas: 3 }));
  await h.settle();
  await h.create<PodDisruptionBudget>(resources.podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'ns' },
    spec: { maxUnavailable: '34%', selector: { matchLabels: { app: 'web' } } },
  });
  await h.settle();
  const budget = async (): Promise<PodDisruptionBudget['status']> =>
    (await h.get<PodDisruptionBudget>(resources.podDisruptionBudgets, 'web')).status;
  expect(await budget()).toMatchObject({
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 1,
    expectedPods: 3,
    conditions: [{ status: 'False', reason: 'InsufficientPods' }],
  });
  await h.runPods();
  expect(await budget()).toMatchObject({
    disruptionsAllowed: 2,
    currentHealthy: 3,
    conditions: [{ status: 'True', reason: 'SufficientPods' }],
  });
});
