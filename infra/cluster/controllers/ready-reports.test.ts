import { expect, test } from 'vitest';
import type { Informer } from '../client/informer.ts';
import { resources } from '../client/resources.ts';
import type { DaemonSet, Node, Pod, ReplicaSet, StatefulSet } from '../meta/generated/types.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { isPodReady } from '../meta/pod-status.ts';
import { timeText } from '../meta/times.ts';
import { ControllersHarness, template } from './controllers-harness.ts';
import { ReadyReports } from './ready-reports.ts';

const selector = { matchLabels: { app: 'web' } };
const meta = { name: 'x', namespace: 'ns' };

async function start(): Promise<ControllersHarness> {
  const h = new ControllersHarness({ readyReportMs: 500 });
  await h.create<ReplicaSet>(resources.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: meta,
    spec: { replicas: 2, selector, template: template() },
  });
  await h.settle();
  return h;
}

test('a new pod counts as ready when it is as old as a pod of Kubernetes would be then, and no sooner', async () => {
  await using h = await start();
  const ready = async (): Promise<unknown> => (await h.get<ReplicaSet>(resources.replicaSets, 'x')).status?.readyReplicas;
  await h.advance(40);
  await h.runPods();
  await h.advance(459);
  expect(await ready()).toBe(0);
  await h.advance(1);
  expect(await ready()).toBe(2);
});

test('a pod that is ready later than that counts at once', async () => {
  await using h = await start();
  await h.advance(600);
  await h.runPods();
  const { status } = await h.get<ReplicaSet>(resources.replicaSets, 'x');
  expect(status).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
});

test('a pod that was there before the controllers counts at once: a restart tells nobody of an outage', () => {
  const clock = new ManualClock();
  const created = (agoMs: number, name: string): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, creationTimestamp: timeText(clock.now() - agoMs) },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const [old, fresh] = [created(2_000, 'old'), created(0, 'fresh')];
  const subscribe: Informer<Pod>['subscribe'] = (tell) => {
    for (const object of [old, fresh]) tell({ type: 'added', object });
    return { [Symbol.dispose]: () => {} };
  };
  using reports = new ReadyReports({ clock, readyReportMs: 500 }, { subscribe });
  expect(reports.counted([old, fresh]).map(isPodReady)).toEqual([true, false]);
  expect(reports.waitMs([old])).toBeUndefined();
  expect(reports.waitMs([old, fresh])).toBe(500);
});

test('StatefulSets and DaemonSets count the same way', async () => {
  await using h = await start();
  const spec = { selector, template: template() };
  await h.create<Node>(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });
  await h.create<DaemonSet>(resources.daemonSets, { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { ...meta, name: 'each' }, spec });
  await h.create<StatefulSet>(resources.statefulSets, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...meta, name: 'ordered' },
    spec: { ...spec, replicas: 1, serviceName: 'ordered' },
  });
  await h.settle();
  await h.runPods();
  const counts = async (): Promise<unknown[]> => [
    (await h.get<DaemonSet>(resources.daemonSets, 'each')).status?.numberReady,
    (await h.get<StatefulSet>(resources.statefulSets, 'ordered')).status?.readyReplicas ?? 0,
  ];
  expect(await counts()).toEqual([0, 0]);
  await h.advance(500);
  expect(await counts()).toEqual([1, 1]);
});
