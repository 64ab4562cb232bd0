import { expect, test } from 'vitest';
import type { Informer } from '../client/informer.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
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

const podOf = (name: string, createdMs: number): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name, creationTimestamp: timeText(createdMs) },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

function reportsOn(clock: Clock, pods: readonly Pod[]): ReadyReports {
  const subscribe: Informer<Pod>['subscribe'] = (tell) => {
    for (const object of pods) tell({ type: 'added', object });
    return { [Symbol.dispose]: () => {} };
  };
  return new ReadyReports({ clock, readyReportMs: 500 }, { subscribe });
}

test('a pod that was there before the controllers counts at once: a restart tells nobody of an outage', () => {
  const clock = new ManualClock();
  const [old, fresh] = [podOf('old', clock.now() - 2_000), podOf('fresh', clock.now())];
  using reports = reportsOn(clock, [old, fresh]);
  expect(reports.count([old, fresh]).pods.map(isPodReady)).toEqual([true, false]);
  expect(reports.count([old]).waitMs).toBeUndefined();
  expect(reports.count([old, fresh]).waitMs).toBe(500);
});

test('a pod is counted, or it is said when to look again, whenever one looks', () => {
  for (let seenMs = 0; seenMs < 4; seenMs += 1) {
    const fresh = podOf('fresh', 0);
    // Time goes on at every look at the clock.
    let nowMs = seenMs;
    const clock: Clock = { now: () => nowMs++, after: () => ({ [Symbol.dispose]: () => {} }) };
    using reports = reportsOn(clock, [fresh]);
    nowMs = 497;
    for (let look = 0; look < 8; look += 1) {
      const { pods, waitMs } = reports.count([fresh]);
      expect(isPodReady(pods[0]!)).toBe(waitMs === undefined);
    }
  }
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
