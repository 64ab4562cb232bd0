import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { Deployment, HorizontalPodAutoscaler, MetricSpec, Pod, ReplicationController } from '../meta/generated/types.ts';
import { emptyMemory, metricOpinion, planScale, type MeasuredPod } from './autoscale-plan.ts';
import { ControllersHarness, deployment } from './controllers-harness.ts';

const cpuTarget: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const autoscaler = (spec: Partial<HorizontalPodAutoscaler['spec']> = {}): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'ns' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [cpuTarget],
    ...spec,
  },
});
const measured = (cpuMilli: number | undefined, request = '100m', isReady = true): MeasuredPod => ({
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: request } } }] },
    status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  },
  usage: cpuMilli === undefined ? undefined : new Map([['c', { cpu: BigInt(cpuMilli) * 1_000_000n, memory: 1n }]]),
});

test.each([
  ['at the target', [measured(50), measured(50)], 2, 2],
  ['within a tenth of it', [measured(54), measured(54)], 2, 2],
  ['above', [measured(100), measured(100)], 2, 4],
  ['below', [measured(10), measured(10), measured(10), measured(10)], 4, 1],
  ['unready and unmeasured pods are idle before it is scaled up', [measured(200), measured(undefined), measured(200, '100m', false)], 3, 4],
  ['and where that turns the direction nothing is done', [measured(100), measured(undefined), measured(100, '100m', false)], 3, 3],
  ['unmeasured pods are busy before it is scaled down', [measured(10), measured(10), measured(10), measured(undefined)], 4, 3],
])('utilisation %s', (_name, pods, current, replicas) => {
  expect(metricOpinion(cpuTarget, pods, current, 'ns')).toMatchObject({ kind: 'count', replicas });
});

test('memory counts whether a pod is ready or not', () => {
  const target: MetricSpec = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100' } } };
  const pod = { ...measured(0, '100m', false), usage: new Map([['c', { cpu: 0n, memory: 300_000_000_000n }]]) };
  expect(metricOpinion(target, [pod], 1, 'ns')).toMatchObject({ kind: 'count', replicas: 3 });
});

test('what cannot be measured says why', () => {
  const without = measured(10);
  delete without.pod.spec!.containers[0]!.resources;
  expect(metricOpinion(cpuTarget, [without], 1, 'ns')).toEqual({
    kind: 'failed',
    reason: 'FailedGetResourceMetric',
    what: 'cpu resource metric value',
    message: 'failed to get cpu utilization: missing request for cpu in container c of Pod p',
  });
  expect(metricOpinion(cpuTarget, [], 1, 'ns')).toMatchObject({
    message: 'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
  });
  expect(metricOpinion(cpuTarget, [measured(10, '100m', false)], 1, 'ns')).toMatchObject({
    message: 'failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
  });
});

const unregistered = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
const ten = { type: 'AverageValue', averageValue: '10' };

test.each<[MetricSpec, string, string]>([
  [{ type: 'Pods', pods: { metric: { name: 'q' }, target: ten } }, 'FailedGetPodsMetric', `unable to get metric q: ${unregistered}`],
  [
    { type: 'Object', object: { metric: { name: 'q' }, describedObject: { kind: 'Service', name: 'web' }, target: ten } },
    'FailedGetObjectMetric',
    `unable to get metric q: Service on ns web/${unregistered}`,
  ],
  [
    { type: 'External', external: { metric: { name: 'q', selector: { matchLabels: { b: 'c', a: 'b' } } }, target: ten } },
    'FailedGetExternalMetric',
    'unable to get external metric ns/q/&LabelSelector{MatchLabels:map[string]string{a: b,b: c,},MatchExpressions:[]LabelSelectorRequirement{},}: ' +
      'unable to fetch metrics from external metrics API: the server could not find the requested resource (get q.external.metrics.k8s.io)',
  ],
])('%j needs an adapter, and there is none', (metric, reason, message) => {
  expect(metricOpinion(metric, [measured(1)], 1, 'ns')).toMatchObject({ kind: 'failed', reason, message });
});

test('up at once but at most double or four more; down only after five minutes of it', () => {
  const up = planScale(autoscaler({ maxReplicas: 100 }), 10, 90, emptyMemory, 0);
  expect(up).toMatchObject({ replicas: 20, limited: 'scale-up-limit' });
  expect(planScale(autoscaler(), 1, 9, emptyMemory, 0)).toMatchObject({ replicas: 5 });
  expect(planScale(autoscaler(), 4, 99, emptyMemory, 0)).toMatchObject({ replicas: 8 });
  const high = planScale(autoscaler(), 5, 5, emptyMemory, 0);
  const soon = planScale(autoscaler(), 5, 1, high.memory, 299_000);
  expect(soon).toMatchObject({ replicas: 5, limited: 'stabilized' });
  expect(planScale(autoscaler(), 5, 1, soon.memory, 301_000)).toMatchObject({ replicas: 1 });
});

test('bounds are kept to, and so is a policy that allows nothing', () => {
  expect(planScale(autoscaler({ minReplicas: 3 }), 3, 1, emptyMemory, 0)).toMatchObject({ replicas: 3, limited: 'too-few' });
  expect(planScale(autoscaler({ maxReplicas: 4 }), 4, 9, emptyMemory, 0)).toMatchObject({ replicas: 4, limited: 'too-many' });
  const behavior = { scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 0 } };
  expect(planScale(autoscaler({ behavior }), 5, 1, emptyMemory, 0)).toMatchObject({ replicas: 5, limited: 'scale-down-limit' });
});

let h: ControllersHarness;
/** What each pod burns, in thousandths of a core. */
let loadMilli = 0;

beforeEach(() => {
  loadMilli = 0;
  const spent = new Map<string, { atMs: number; ns: number }>();
  h = new ControllersHarness({
    kubelet: {
      stats: async ({ uid }) => {
        const nowMs = h.clock.now();
        const before = spent.get(uid) ?? { atMs: nowMs, ns: 0 };
        const ns = before.ns + (nowMs - before.atMs) * loadMilli * 1_000;
        spent.set(uid, { atMs: nowMs, ns });
        return [{ container: 'c', stats: { at: new Date(nowMs), cpuNanoseconds: ns, memoryWorkingSetBytes: 1_000 } }];
      },
    },
  });
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

test('a Deployment follows its load up, and down again later', async () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m' } } }] },
  };
  await h.create(resources.deployments, deployment({ replicas: 2, template }));
  await h.create(resources.horizontalPodAutoscalers, autoscaler());
  await h.settle();
  await h.runPods();
  const size = async (): Promise<number | undefined> => (await h.get<Deployment>(resources.deployments, 'web')).spec?.replicas;
  loadMilli = 100;
  for (let round = 0; round < 8; round += 1) {
    await h.advance(15_000);
    await h.runPods();
  }
  expect(await size()).toBe(10);
  const { status } = await h.get<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers, 'web');
  expect(status?.currentMetrics?.[0]?.resource?.current).toEqual({ averageUtilization: 100, averageValue: '100m' });
  expect(status?.conditions?.map(({ type, status: value, reason }) => `${type}=${value} ${reason}`)).toEqual([
    'AbleToScale=True ReadyForNewScale',
    'ScalingActive=True ValidMetricFound',
    'ScalingLimited=True TooManyReplicas',
  ]);
  expect(await h.events()).toContain(
    'Normal SuccessfulRescale New size: 4; reason: cpu resource utilization (percentage of request) above target',
  );
  loadMilli = 5;
  await h.advance(120_000);
  expect(await size()).toBe(10);
  for (let round = 0; round < 16; round += 1) await h.advance(15_000);
  expect(await size()).toBe(1);
  const pods = (await h.list<Pod>(resources.pods)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  expect(pods).toHaveLength(1);
});

test('a ReplicationController is scaled as well', async () => {
  const template = {
    metadata: { labels: { app: 'old' } },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m' } } }] },
  };
  await h.create<ReplicationController>(resources.replicationControllers, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'old', namespace: 'ns' },
    spec: { replicas: 1, selector: { app: 'old' }, template },
  });
  await h.create(
    resources.horizontalPodAutoscalers,
    autoscaler({ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'old' } }),
  );
  await h.settle();
  await h.runPods();
  loadMilli = 100;
  for (let round = 0; round < 3; round += 1) await h.advance(15_000);
  expect((await h.get<ReplicationController>(resources.replicationControllers, 'old')).spec?.replicas).toBeGreaterThan(1);
});

test('a target that is not there is told', async () => {
  await h.create(resources.horizontalPodAutoscalers, autoscaler());
  await h.settle();
  const { status } = await h.get<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers, 'web');
  expect(status?.conditions).toMatchObject([{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' }]);
  expect(await h.events()).toContain('Warning FailedGetScale deployments.apps "web" not found');
});

test('bounds are kept to where nothing can be measured, and then it says why not', async () => {
  await h.create(resources.deployments, deployment({ replicas: 1 }));
  await h.settle();
  const metrics: MetricSpec[] = [{ type: 'Pods', pods: { metric: { name: 'q' }, target: ten } }];
  await h.create(resources.horizontalPodAutoscalers, autoscaler({ minReplicas: 2, metrics }));
  await h.settle();
  expect((await h.get<Deployment>(resources.deployments, 'web')).spec?.replicas).toBe(2);
  expect(await h.events()).toContain('Normal SuccessfulRescale New size: 2; reason: Current number of replicas below Spec.MinReplicas');
  await h.advance(15_000);
  const { status } = await h.get<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers, 'web');
  expect(status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    'AbleToScale SucceededGetScale',
    'ScalingActive FailedGetPodsMetric',
  ]);
  expect(status?.currentMetrics).toEqual([{ type: '' }]);
  expect(await h.events()).toContain(
    `Warning FailedComputeMetricsReplicas invalid metrics (1 invalid out of 1), first error is: failed to get pods metric value: unable to get metric q: ${unregistered}`,
  );
});
