import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { DaemonSet, Node, Pod, Taint } from '../meta/generated/types.ts';
import { ControllersHarness, template } from './controllers-harness.ts';
import { targetNodeOf } from './daemonset-plan.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const addNode = (name: string, labels: Record<string, string> = {}, taints: Taint[] = []): Promise<Node> =>
  h.create<Node>(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: taints.length === 0 ? {} : { taints },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
const agent = (spec: Partial<NonNullable<DaemonSet['spec']>> = {}): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'ns' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});
const places = async (): Promise<string[]> => (await h.pods()).map(targetNodeOf).sort();

test('one pod on every node, on new ones too, and none where a taint keeps it away', async () => {
  await addNode('a');
  await addNode('b', {}, [{ key: 'gpu', effect: 'NoSchedule' }]);
  await h.create(resources.daemonSets, agent());
  await h.settle();
  expect(await places()).toEqual(['a']);
  await addNode('c');
  await h.settle();
  expect(await places()).toEqual(['a', 'c']);
  await h.runPods();
  expect((await h.get<DaemonSet>(resources.daemonSets, 'agent')).status).toMatchObject({
    currentNumberScheduled: 2,
    desiredNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
    numberMisscheduled: 0,
    updatedNumberScheduled: 2,
  });
});

test('a node selector is kept to, and a cordoned node keeps its daemon', async () => {
  await addNode('a', { disk: 'ssd' });
  await addNode('b');
  const wanted = template();
  await h.create(resources.daemonSets, agent({ template: { ...wanted, spec: { ...wanted.spec!, nodeSelector: { disk: 'ssd' } } } }));
  await h.settle();
  expect(await places()).toEqual(['a']);
  const node = await h.api.get<Node>(resources.nodes, 'a');
  await h.api.update<Node>(resources.nodes, { ...node, spec: { unschedulable: true } });
  await h.settle();
  expect(await places()).toEqual(['a']);
});

test('an update replaces one pod at a time', async () => {
  for (const name of ['a', 'b', 'c']) await addNode(name);
  await h.create(resources.daemonSets, agent());
  await h.settle();
  await h.runPods();
  await h.change<DaemonSet>(resources.daemonSets, 'agent', (set) => ({ ...set, spec: { ...set.spec!, template: template('v2') } }));
  await h.settle();
  const image = (pod: Pod): string => pod.spec?.containers[0]?.image ?? '';
  expect((await h.pods()).map(image).sort()).toEqual(['v1', 'v1', 'v2']);
  await h.runPods();
  expect((await h.pods()).map(image).sort()).toEqual(['v1', 'v2', 'v2']);
  await h.runPods();
  await h.runPods();
  expect((await h.pods()).map(image).sort()).toEqual(['v2', 'v2', 'v2']);
});

test('the pod of a node that is gone goes', async () => {
  await addNode('a');
  await addNode('b');
  await h.create(resources.daemonSets, agent());
  await h.settle();
  await h.api.delete(resources.nodes, 'b');
  await h.settle();
  expect(await places()).toEqual(['a']);
});
