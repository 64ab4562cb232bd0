import { CustomObjectsApi, type V1Pod } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NewChaos } from '../../infra/chaos/chaos-client.ts';
import { pauseAnnotation, recordsFinalizer, type HTTPChaosSpec } from '../../infra/chaos/chaos-types.ts';
import { ChaosWorld, hiddenNamespace, namespace, type Answer } from './chaos-world.ts';

const waiting = { timeout: 20_000, interval: 100 };
const web = { selector: { labelSelectors: { app: 'web' } }, mode: 'all' } as const;
let world: ChaosWorld;

beforeAll(async () => {
  world = await ChaosWorld.start('process');
  await isServing();
}, 60_000);
afterEach(async () => {
  await world.chaos.deleteAll(namespace);
  await isServing();
}, 60_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

/** Until the Service leads to a ready pod again. */
function isServing(): Promise<V1Pod> {
  return vi.waitFor(async () => {
    const pod = await world.server();
    if (pod === undefined || (await world.ask()).status !== 200) throw new Error('nobody answers');
    return pod;
  }, waiting);
}

const bodyOf = (answer: Answer): Record<string, unknown> => JSON.parse(answer.text ?? '{}') as Record<string, unknown>;

describe('PodChaos', () => {
  it('kills a pod, which its Deployment replaces', async () => {
    const before = (await isServing()).metadata?.uid;
    const name = { namespace, name: 'kill' };
    await world.chaos.create({ kind: 'PodChaos', ...name, spec: { ...web, mode: 'one', action: 'pod-kill' } });
    const killed = await world.chaos.awaitInjected('PodChaos', name);
    expect(killed.metadata.finalizers).toEqual([recordsFinalizer]);
    expect(killed.status?.experiment?.containerRecords).toMatchObject([{ phase: 'Injected', injectedCount: 1, selectorKey: '.' }]);
    const after = await isServing();
    expect(after.metadata?.uid).not.toBe(before);
    await world.chaos.delete('PodChaos', name);
    // Once is once: neither the wait nor the deletion killed another.
    expect((await isServing()).metadata?.uid).toBe(after.metadata?.uid);
  }, 60_000);

  it('kills a container, which the kubelet starts again', async () => {
    const { metadata } = await isServing();
    await world.chaos.create({
      kind: 'PodChaos',
      namespace,
      name: 'container',
      spec: { ...web, action: 'container-kill', containerNames: ['server'] },
    });
    const chaos = await world.chaos.awaitInjected('PodChaos', { namespace, name: 'container' });
    expect(chaos.status?.experiment?.containerRecords?.[0]?.id).toBe(`${namespace}/${metadata?.name ?? ''}/server`);
    await expect
      .poll(
        async () => (await world.core.readNamespacedPod({ namespace, name: metadata?.name ?? '' })).status?.containerStatuses?.[0],
        waiting,
      )
      .toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 137 } } });
  }, 60_000);

  it('has a pod fail, and gives it its image back', async () => {
    const { metadata, spec } = await isServing();
    const name = { namespace, name: 'failure' };
    await world.chaos.create({ kind: 'PodChaos', ...name, spec: { ...web, action: 'pod-failure' } });
    await world.chaos.awaitInjected('PodChaos', name);
    await expect.poll(() => world.server(), waiting).toBeUndefined();
    await expect.poll(async () => (await world.ask()).error, waiting).toBe('ECONNREFUSED');
    await world.chaos.delete('PodChaos', name);
    const after = await isServing();
    expect(after.metadata?.uid).toBe(metadata?.uid);
    expect(after.metadata?.annotations).toEqual(metadata?.annotations);
    expect(after.spec?.containers[0]?.image).toBe(spec?.containers[0]?.image);
  }, 60_000);
});

describe('NetworkChaos', () => {
  it('delays what a pod sends while it runs, not while it is paused, and not after it is gone', async () => {
    const name = { namespace, name: 'delay' };
    const isSlow = async (): Promise<boolean> => (await world.ask()).tookMs > 600;
    await world.chaos.create({ kind: 'NetworkChaos', ...name, spec: { ...web, action: 'delay', delay: { latency: '700ms' } } });
    await world.chaos.awaitInjected('NetworkChaos', name);
    expect(await isSlow()).toBe(true);
    await world.chaos.pause('NetworkChaos', name);
    const paused = await world.chaos.awaitRecovered('NetworkChaos', name);
    expect(paused.status?.conditions).toContainEqual({ type: 'Paused', status: 'True' });
    expect(paused.metadata.annotations?.[pauseAnnotation]).toBe('true');
    await expect.poll(isSlow, waiting).toBe(false);
    await world.chaos.resume('NetworkChaos', name);
    expect((await world.chaos.awaitInjected('NetworkChaos', name)).status?.experiment?.containerRecords).toMatchObject([
      { injectedCount: 2 },
    ]);
    expect(await isSlow()).toBe(true);
    expect(await world.chaos.delete('NetworkChaos', name)).toBe(true);
    expect(await world.chaos.find('NetworkChaos', name)).toBeUndefined();
    await expect.poll(isSlow, waiting).toBe(false);
  }, 60_000);

  it('cuts two groups of pods off from each other', async () => {
    const target = { selector: { pods: { [namespace]: ['client'] } }, mode: 'all' } as const;
    await world.chaos.create({
      kind: 'NetworkChaos',
      namespace,
      name: 'cut',
      spec: { ...web, action: 'partition', direction: 'both', target },
    });
    const chaos = await world.chaos.awaitInjected('NetworkChaos', { namespace, name: 'cut' });
    expect(chaos.status?.experiment?.containerRecords?.map(({ selectorKey }) => selectorKey)).toEqual(['.', '.Target']);
    expect((await world.ask({ timeoutMs: 1_000 })).error).toBe('TimeoutError');
  }, 60_000);

  it('ends when its time is over, and stays to tell', async () => {
    const name = { namespace, name: 'short' };
    await world.chaos.create({ kind: 'NetworkChaos', ...name, spec: { ...web, action: 'loss', loss: { loss: '1' }, duration: '4s' } });
    const { status } = await world.chaos.awaitRecovered('NetworkChaos', name);
    expect(status?.experiment?.containerRecords).toMatchObject([{ phase: 'Not Injected', injectedCount: 1, recoveredCount: 1 }]);
  }, 60_000);

  it('says why it cannot be, and injects nothing', async () => {
    const chaos = {
      kind: 'NetworkChaos',
      namespace,
      name: 'outside',
      spec: { ...web, action: 'partition', externalTargets: ['example.com'] },
    } as const;
    await world.chaos.create<'NetworkChaos'>(chaos);
    const condition = async (): Promise<unknown> =>
      (await world.chaos.find('NetworkChaos', chaos))?.status?.conditions?.find(({ type }) => type === 'AllInjected');
    await expect.poll(condition, waiting).toMatchObject({ status: 'False', reason: expect.stringContaining('externalTargets') as string });
    expect((await world.ask()).status).toBe(200);
  }, 60_000);
});

it('StressChaos takes memory in the container, and gives it back', async () => {
  const before = (await world.usage()).memoryBytes;
  const name = { namespace, name: 'memory' };
  await world.chaos.create({ kind: 'StressChaos', ...name, spec: { ...web, stressors: { memory: { workers: 1, size: '96MB' } } } });
  await world.chaos.awaitInjected('StressChaos', name);
  await expect.poll(async () => (await world.usage()).memoryBytes - before, waiting).toBeGreaterThan(90 * 2 ** 20);
  await world.chaos.delete('StressChaos', name);
  await expect.poll(async () => (await world.usage()).memoryBytes - before, waiting).toBeLessThan(40 * 2 ** 20);
}, 60_000);

it('StressChaos takes CPU time in the container, and leaves it alone again', async () => {
  const name = { namespace, name: 'cpu' };
  await world.chaos.create({ kind: 'StressChaos', ...name, spec: { ...web, stressors: { cpu: { workers: 1, load: 60 } } } });
  await world.chaos.awaitInjected('StressChaos', name);
  // However busy the machine is: what an idle server takes is far less.
  await expect.poll(async () => (await world.usage()).cpuMilli, waiting).toBeGreaterThan(100);
  await world.chaos.delete('StressChaos', name);
  await expect.poll(async () => (await world.usage()).cpuMilli, waiting).toBeLessThan(50);
}, 60_000);

describe('HTTPChaos', () => {
  const inject = async (spec: Omit<HTTPChaosSpec, 'selector' | 'mode' | 'port'>): Promise<void> => {
    const chaos: NewChaos<'HTTPChaos'> = { kind: 'HTTPChaos', namespace, name: 'http', spec: { ...web, port: 8080, ...spec } };
    await world.chaos.create(chaos);
    await world.chaos.awaitInjected('HTTPChaos', chaos);
  };

  it('breaks off the requests that it is of, and lets others through', async () => {
    await inject({ target: 'Request', abort: true, path: '/v1/*' });
    expect((await world.ask({}, '/v1/models')).error).toBeDefined();
    expect((await world.ask({}, '/health')).status).toBe(200);
  }, 60_000);

  it('delays requests', async () => {
    await inject({ target: 'Request', delay: '500ms', method: 'POST' });
    const [post, get] = [await world.ask({ method: 'POST', body: 'x' }), await world.ask()];
    expect(post.tookMs).toBeGreaterThan(500);
    expect(get.tookMs).toBeLessThan(post.tookMs);
    expect(bodyOf(post)).toMatchObject({ method: 'POST', body: 'x' });
  }, 60_000);

  it('replaces what the pod answers, and patches what it is asked', async () => {
    await inject({
      target: 'Response',
      replace: { code: 503, body: Buffer.from('{"a":1}').toString('base64') },
      patch: { body: { type: 'JSON', value: '{"b":2}' } },
    });
    expect(await world.ask()).toMatchObject({ status: 503, text: '{"a":1,"b":2}' });
    await world.chaos.delete('HTTPChaos', { namespace, name: 'http' });
    await inject({ target: 'Request', replace: { path: '/other' }, patch: { queries: [['k', 'v']], headers: [['x-chaos', 'yes']] } });
    expect(bodyOf(await world.ask({}, '/asked?q=1'))).toMatchObject({ url: '/other?q=1&k=v', headers: { 'x-chaos': 'yes' } });
  }, 60_000);
});

it('a schedule makes experiments by the clock, keeps as many as it says, and takes them along', async () => {
  const name = { namespace, name: 'every' };
  const spec = { ...web, action: 'delay', delay: { latency: '1ms' }, duration: '500ms' } as const;
  await world.chaos.create({
    kind: 'Schedule',
    ...name,
    spec: { schedule: '@every 1s', type: 'NetworkChaos', historyLimit: 2, networkChaos: spec },
  });
  const made = new Set<string>();
  const look = async (): Promise<number> => {
    const present = await world.chaos.list('NetworkChaos', namespace, 'managed-by=every');
    for (const { metadata } of present) made.add(metadata.name);
    // One may be running beside those that are kept.
    expect(present.length).toBeLessThanOrEqual(4);
    return made.size;
  };
  await expect.poll(look, waiting).toBeGreaterThanOrEqual(4);
  await world.chaos.delete('Schedule', name);
  await expect.poll(async () => world.chaos.list('NetworkChaos', namespace), waiting).toEqual([]);
}, 60_000);

describe('a trainee, who is cluster-admin', () => {
  const chaosApi = { group: 'chaos-mesh.org', version: 'v1alpha1', plural: 'podchaos' };

  it('can neither read nor write experiments, nor take their definitions away', async () => {
    const custom = world.trainee.makeApiClient(CustomObjectsApi);
    const body = {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'PodChaos',
      metadata: { name: 'mine' },
      spec: { ...web, action: 'pod-kill' },
    };
    await world.chaos.create({
      kind: 'PodChaos',
      namespace,
      name: 'ours',
      spec: { ...web, selector: { labelSelectors: { app: 'none' } }, action: 'pod-kill' },
    });
    const tries = [
      custom.listNamespacedCustomObject({ ...chaosApi, namespace }),
      custom.getNamespacedCustomObject({ ...chaosApi, namespace, name: 'ours' }),
      custom.createNamespacedCustomObject({ ...chaosApi, namespace, body }),
      custom.deleteNamespacedCustomObject({ ...chaosApi, namespace, name: 'ours' }),
      custom.deleteCollectionNamespacedCustomObject({ ...chaosApi, namespace }),
      custom.deleteClusterCustomObject({
        group: 'apiextensions.k8s.io',
        version: 'v1',
        plural: 'customresourcedefinitions',
        name: 'podchaos.chaos-mesh.org',
      }),
    ];
    const settled = await Promise.allSettled(tries);
    const codes = settled.map((one) => (one.status === 'fulfilled' ? 200 : (one.reason as { readonly code: number }).code));
    expect(codes).toEqual(tries.map(() => 404));
    expect(await world.chaos.find('PodChaos', { namespace, name: 'ours' })).toBeDefined();
  }, 60_000);

  it('meets experiments that are kept where nobody sees them', async () => {
    const chaos = { kind: 'NetworkChaos', namespace: hiddenNamespace, name: 'elsewhere' } as const;
    const spec = {
      selector: { namespaces: [namespace], labelSelectors: { app: 'web' } },
      mode: 'all',
      action: 'delay',
      delay: { latency: '400ms' },
    } as const;
    await world.chaos.create({ ...chaos, spec });
    await world.chaos.awaitInjected('NetworkChaos', chaos);
    expect((await world.ask()).tookMs).toBeGreaterThan(400);
    await world.chaos.delete('NetworkChaos', chaos);
  }, 60_000);
});
