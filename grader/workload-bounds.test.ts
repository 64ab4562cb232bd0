import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../infra/cluster/meta/generated/types.ts';
import { describeWorkload } from './baseline.ts';
import type { WorkloadDemand } from './checks/workload-check.ts';
import {
  deploymentOf,
  endpoint,
  goodContainer,
  goodKey,
  healthyObjects,
  podOf,
  replicaSet,
  secretOf,
  sliceOf,
  testContext,
} from './testing/sandbox-fixtures.ts';
import { FakeObjects } from './testing/fake-objects.ts';
import { fetchKeyFacts, findBoundFault } from './workload-bounds.ts';
import type { Workload } from './workload.ts';

const images = ['registry.lab/inference:1.4.1', 'registry.lab/inference:1.4.2'];
const serving: WorkloadDemand = { of: 'serving', images };
const resources: WorkloadDemand = { of: 'resources', memoryAtMost: '512Mi' };
const probes: WorkloadDemand = { of: 'probes', paths: ['/health'], detectWithinSeconds: 60 };

function workload(
  container: Container = goodContainer,
  replicas = 1,
  pods: readonly Pod[] = [podOf('a', '10.0.0.1', { container })],
): Workload {
  return { deployment: deploymentOf(container, replicas), pods, serving: pods.map((pod) => ({ address: pod.status?.podIP ?? '', pod })) };
}

const judge = (demand: WorkloadDemand, given: Workload, baseline = describeWorkload(deploymentOf())): string | undefined =>
  findBoundFault(demand, { workload: given, endpoint, baseline, key: undefined });

const limits = (memory: string): Container => ({
  ...goodContainer,
  resources: { requests: { cpu: '1', memory: '1Mi' }, limits: { memory } },
});

describe('findBoundFault', () => {
  it.each<[string, WorkloadDemand, Workload]>([
    ['as many replicas as before', { of: 'replicas' }, workload()],
    ['approved images behind the Service', serving, workload()],
    ['another approved release', serving, workload({ ...goodContainer, image: images[0]! })],
    ['memory at the budget', resources, workload(limits('512Mi'))],
    ['probes as they were', probes, workload()],
    ['a Deployment that nobody changed', { of: 'untouched' }, workload()],
    [
      'faster probes',
      probes,
      workload({ ...goodContainer, readinessProbe: { httpGet: { path: '/health', port: 1 }, periodSeconds: 1, failureThreshold: 1 } }),
    ],
  ])('accepts %s', (_, demand, given) => {
    expect(judge(demand, given)).toBeUndefined();
  });

  it.each<[string, WorkloadDemand, Workload, RegExp]>([
    ['a deleted workload', { of: 'replicas' }, { deployment: undefined, pods: [], serving: [] }, /deleted/],
    [
      'a Deployment that was changed without need',
      { of: 'untouched' },
      workload({ ...goodContainer, image: images[0]! }),
      /nothing was wrong/,
    ],
    ['fewer replicas than asked', { of: 'replicas', atLeast: 2 }, workload(), /asks for 1 replicas; the service needs 2/],
    ['scaling to zero', { of: 'replicas' }, workload(goodContainer, 0, []), /asks for 0/],
    [
      'a pod that is not ready',
      { of: 'replicas' },
      workload(goodContainer, 1, [podOf('a', '1', { ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } })]),
      /ImagePullBackOff/,
    ],
    ['nobody behind the Service', serving, workload(goodContainer, 1, []), /No pod stands behind/],
    [
      'a stranger behind the Service',
      serving,
      { ...workload(), serving: [{ address: '10.9.9.9', pod: undefined }] },
      /10\.9\.9\.9, which is no pod of the Deployment/,
    ],
    ['another image', serving, workload({ ...goodContainer, image: 'registry.lab/base:1.0' }), /registry\.lab\/base:1\.0 is not a release/],
    ['a good pod of a bad Deployment', serving, { ...workload(), deployment: deploymentOf({ ...goodContainer, image: 'x:bad' }) }, /x:bad/],
    ['no memory limit', resources, workload({ ...goodContainer, resources: { requests: { cpu: '1', memory: '1Mi' } } }), /no memory limit/],
    ['a limit past the budget', resources, workload(limits('1Gi')), /limit is 1Gi; the team's budget .* 512Mi/],
    ['no requests', resources, workload({ ...goodContainer, resources: { limits: { memory: '1Mi' } } }), /requests no cpu/],
    ['no liveness probe', probes, workload(without('livenessProbe')), /has no liveness probe/],
    [
      'a probe that always passes',
      probes,
      workload({ ...goodContainer, readinessProbe: { exec: { command: ['true'] } } }),
      /does not ask the model server/,
    ],
    [
      'a probe of another path',
      probes,
      workload({ ...goodContainer, readinessProbe: { httpGet: { path: '/metrics', port: 9090 } } }),
      /does not ask the model server/,
    ],
    [
      'a probe that takes for ever',
      probes,
      workload({ ...goodContainer, livenessProbe: { httpGet: { path: '/health', port: 1 }, failureThreshold: 1000 } }),
      /needs 10001 s/,
    ],
    [
      'a probe that begins too late',
      probes,
      workload({ ...goodContainer, livenessProbe: { httpGet: { path: '/health', port: 1 }, initialDelaySeconds: 9999 } }),
      /waits 9999 s/,
    ],
  ])('refuses %s', (_, demand, given, reason) => {
    expect(judge(demand, given)).toMatch(reason);
  });

  it('asks for as many replicas as the baseline had', () => {
    const two = describeWorkload(deploymentOf(goodContainer, 2));
    expect(judge({ of: 'replicas' }, workload(), two)).toMatch(/needs 2/);
  });

  it('allows a probe twice as slow as it was', () => {
    const slow = { ...goodContainer, livenessProbe: { httpGet: { path: '/health', port: 1 }, periodSeconds: 40, failureThreshold: 3 } };
    expect(judge(probes, workload(slow))).toMatch(/needs 121 s/);
    expect(judge(probes, workload(slow), describeWorkload(deploymentOf(slow)))).toBeUndefined();
  });
});

function without(probe: 'livenessProbe' | 'readinessProbe'): Container {
  const { [probe]: _, ...container } = goodContainer;
  return container;
}

describe('the key', () => {
  const judgeKey = async (container: Container, ...more: Parameters<FakeObjects['put']>[0][]): Promise<string | undefined> => {
    const objects = new FakeObjects(...healthyObjects(), ...more);
    objects.put(deploymentOf(container));
    const context = testContext({ objects });
    const key = await fetchKeyFacts(objects, endpoint, context.credentials);
    return findBoundFault(
      { of: 'key' },
      { workload: { ...workload(container), deployment: deploymentOf(container) }, endpoint, baseline: undefined, key },
    );
  };
  const withEnv = (env: NonNullable<Container['env']>): Container => ({ ...goodContainer, env });
  const fromSecret = (name: string, key = 'api-key'): NonNullable<Container['env']> => [
    { name: 'VLLM_API_KEY', valueFrom: { secretKeyRef: { name, key } } },
  ];

  it.each<[string, Container, Parameters<FakeObjects['put']>[0][]]>([
    ['from the Secret', goodContainer, []],
    ['from a Secret of another name and entry', withEnv(fromSecret('other', 'token')), [secretOf('other', { token: goodKey })]],
    [
      'from a whole Secret',
      { ...goodContainer, env: [], envFrom: [{ secretRef: { name: 'all' } }] },
      [secretOf('all', { VLLM_API_KEY: goodKey })],
    ],
    ['handed to a flag through the environment', { ...goodContainer, args: ['--api-key', '$(VLLM_API_KEY)'] }, []],
  ])('may come %s', async (_, container, objects) => {
    expect(await judgeKey(container, ...objects)).toBeUndefined();
  });

  it.each<[string, Container, Parameters<FakeObjects['put']>[0][], RegExp]>([
    ['no key at all', withEnv([]), [], /takes no API key from a Secret/],
    ['a literal value', withEnv([{ name: 'VLLM_API_KEY', value: goodKey }]), [], /clear text in the value of VLLM_API_KEY/],
    ['a literal argument', { ...goodContainer, args: ['--api-key', goodKey] }, [], /clear text in an argument/],
    ['a literal argument with an equals sign', { ...goodContainer, args: [`--api-key=${goodKey}`] }, [], /clear text in an argument/],
    [
      'a second key beside the right one',
      { ...goodContainer, args: ['--api-key', '$(VLLM_API_KEY)', 'backdoor', '--seed=1'] },
      [],
      /clear text in an argument/,
    ],
    ['a Secret that is gone', withEnv(fromSecret('gone')), [], /No Secret gone/],
    ['an entry that is gone', withEnv(fromSecret('inference-api-key', 'nope')), [], /entry nope/],
    ['a short key', goodContainer, [secretOf('inference-api-key', { 'api-key': 'sk-lab-1' })], /8 characters/],
    ['a key of another team', goodContainer, [secretOf('inference-api-key', { 'api-key': 'x'.repeat(40) })], /does not begin with sk-lab-/],
    ['a key of one letter', goodContainer, [secretOf('inference-api-key', { 'api-key': `sk-lab-${'a'.repeat(40)}` })], /too easy to guess/],
    ['a newline in the key', goodContainer, [secretOf('inference-api-key', { 'api-key': `${goodKey}\n` })], /white space/],
    [
      'a copy in a ConfigMap',
      goodContainer,
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes', namespace: 'atlas' }, data: { todo: goodKey } } as never],
      /clear text in ConfigMap notes/,
    ],
  ])('must not be %s', async (_, container, objects, reason) => {
    expect(await judgeKey(container, ...objects)).toMatch(reason);
  });

  it('is never told in a reason', async () => {
    const notes = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'notes', namespace: 'atlas' },
      data: { todo: goodKey },
    } as never;
    expect(await judgeKey(goodContainer, notes)).not.toContain(goodKey);
  });
});

it('reads who stands behind the Service from what is there', async () => {
  const objects = new FakeObjects(...healthyObjects(), replicaSet, podOf('by-hand', '10.0.0.7', { owned: false }));
  objects.put(sliceOf('10.0.0.1', '10.0.0.7'));
  const { fetchWorkload } = await import('./workload.ts');
  const found = await fetchWorkload(objects, endpoint);
  expect(found.serving.map(({ address, pod }) => [address, pod?.metadata.name])).toEqual([
    ['10.0.0.1', 'inference-1-a'],
    ['10.0.0.7', undefined],
  ]);
});
