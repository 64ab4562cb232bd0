import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  chaosApiVersion,
  pauseAnnotation,
  recordsFinalizer,
  type ChaosRecord,
  type NetworkChaos,
  type NetworkChaosSpec,
} from '../../chaos/chaos-types.ts';
import { FakeApiClient, FakeRefusal } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { resources, subresource } from '../client/resources.ts';
import { silentLog } from '../client/silent-log.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import type { Pod } from '../meta/generated/types.ts';
import { chaosRef, ChaosRefusal, type ChaosEffects } from './chaos-context.ts';
import { startExperimentController } from './experiment-controller.ts';

const ref = chaosRef('NetworkChaos');

/** Notes what it is told, and refuses when it is told to. */
class FakeEffects implements ChaosEffects<NetworkChaos> {
  readonly inForce = new Set<string>();
  injections = 0;
  refusal: string | undefined;
  once = false;
  onInject: () => void = () => undefined;

  isOneShot(): boolean {
    return this.once;
  }

  isOfContainers(): boolean {
    return false;
  }

  inject(_chaos: NetworkChaos, { id }: ChaosRecord): Promise<void> {
    this.onInject();
    if (this.refusal !== undefined) return Promise.reject(new ChaosRefusal(this.refusal));
    this.injections += 1;
    this.inForce.add(id);
    return Promise.resolve();
  }

  recover(_chaos: NetworkChaos, { id }: ChaosRecord): Promise<void> {
    if (this.refusal !== undefined) return Promise.reject(new ChaosRefusal(this.refusal));
    this.inForce.delete(id);
    return Promise.resolve();
  }
}

let clock: ManualClock;
let api: FakeApiClient;
let effects: FakeEffects;
let informers: InformerFactory;
let controller: AsyncDisposable;

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  api.withoutStatusSubresource.add('networkchaos');
  start();
});
afterEach(() => stop());

function start(): void {
  effects = new FakeEffects();
  informers = new InformerFactory({ api, clock, log: silentLog });
  controller = startExperimentController({ api, informers, clock, log: silentLog }, { kind: 'NetworkChaos', effects });
}

async function stop(): Promise<void> {
  await controller[Symbol.asyncDispose]();
  await informers[Symbol.asyncDispose]();
}

async function settle(ms = 0): Promise<void> {
  await clock.advance(ms);
  for (let round = 0; round < 4; round += 1) await clock.advance(0);
}

async function pod(name: string): Promise<void> {
  const metadata = { name, namespace: 'ns', labels: { app: 'web' } };
  const made = await api.create<Pod>(resources.pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c' }] } });
  await api.update(subresource(resources.pods, 'status'), { ...made, status: { phase: 'Running' } });
}

async function create(more: Partial<NetworkChaosSpec> = {}): Promise<void> {
  const spec: NetworkChaosSpec = { action: 'partition', mode: 'all', selector: { labelSelectors: { app: 'web' } }, ...more };
  await api.create<NetworkChaos>(ref, {
    apiVersion: chaosApiVersion,
    kind: 'NetworkChaos',
    metadata: { name: 'x', namespace: 'ns' },
    spec,
  });
  await settle();
}

const get = (): Promise<NetworkChaos> => api.get<NetworkChaos>(ref, 'x', 'ns');
const annotate = async (value: string | null): Promise<void> => {
  await api.patch(ref, { name: 'x', namespace: 'ns' }, 'merge', { metadata: { annotations: { [pauseAnnotation]: value } } });
  await settle();
};
async function conditions(): Promise<string> {
  return ((await get()).status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`).join(' ');
}

test('the finalizer and the records are there before anything is done', async () => {
  await pod('a');
  const seen: unknown[] = [];
  effects.onInject = () => void seen.push(api.actions.filter(({ resource }) => resource === 'networkchaos').length);
  await create();
  expect(seen[0]).toBe(2);
  const { metadata, status } = await get();
  expect(metadata.finalizers).toEqual([recordsFinalizer]);
  expect(status?.experiment).toMatchObject({
    desiredPhase: 'Run',
    containerRecords: [{ id: 'ns/a', selectorKey: '.', phase: 'Injected', injectedCount: 1 }],
  });
  expect(await conditions()).toBe('Selected=True AllInjected=True AllRecovered=False Paused=False');
});

test('a duration ends it, and it stays to tell', async () => {
  await pod('a');
  await create({ duration: '10s' });
  await settle(9_900);
  expect([...effects.inForce]).toEqual(['ns/a']);
  await settle(200);
  expect([...effects.inForce]).toEqual([]);
  expect(await conditions()).toBe('Selected=True AllInjected=False AllRecovered=True Paused=False');
  expect((await get()).status?.experiment?.containerRecords).toMatchObject([{ injectedCount: 1, recoveredCount: 1 }]);
});

test('a duration that is none injects nothing and says so', async () => {
  await pod('a');
  await create({ duration: 'soon' });
  expect(effects.injections).toBe(0);
  expect((await get()).status?.conditions?.[0]).toEqual({ type: 'Selected', status: 'False', reason: 'duration "soon" is no duration' });
});

test('paused it is taken back, resumed it is injected again into the same pods', async () => {
  await pod('a');
  await create();
  await pod('b');
  await annotate('true');
  expect([...effects.inForce]).toEqual([]);
  expect(await conditions()).toBe('Selected=True AllInjected=False AllRecovered=True Paused=True');
  await annotate(null);
  expect([...effects.inForce]).toEqual(['ns/a']);
  expect((await get()).status?.experiment?.containerRecords).toMatchObject([{ id: 'ns/a', injectedCount: 2, recoveredCount: 1 }]);
});

test('deleted it stays until what it did is taken back', async () => {
  await pod('a');
  await create();
  effects.refusal = 'not now';
  await api.delete(ref, 'x', 'ns');
  await settle();
  expect((await get()).status?.experiment?.containerRecords?.[0]?.events?.at(-1)).toMatchObject({
    type: 'Failed',
    operation: 'Recover',
    message: 'not now',
  });
  effects.refusal = undefined;
  await settle(40_000);
  await expect(get()).rejects.toMatchObject({ status: { reason: 'NotFound' } });
  expect([...effects.inForce]).toEqual([]);
});

test('while no pod is selected AllInjected is True as in Chaos Mesh, Selected is not, and pods that come are found', async () => {
  await create();
  expect(await conditions()).toBe('Selected=False AllInjected=True AllRecovered=True Paused=False');
  expect((await get()).status?.conditions?.[0]?.reason).toBe('no pod is selected');
  await pod('late');
  await settle(1_000);
  expect([...effects.inForce]).toEqual(['ns/late']);
});

test('an injection that fails is tried again, ever more slowly, and tells why', async () => {
  await pod('a');
  effects.refusal = 'no';
  await create();
  await settle(60_000);
  const record = (await get()).status?.experiment?.containerRecords?.[0];
  expect(record).toMatchObject({ phase: 'Not Injected', injectedCount: 0 });
  expect(record?.events?.length).toBeGreaterThan(3);
  expect(record?.events?.length).toBeLessThanOrEqual(10);
  expect((await get()).status?.conditions?.[1]).toEqual({ type: 'AllInjected', status: 'False', reason: 'no' });
  effects.refusal = undefined;
  await settle(30_000);
  expect([...effects.inForce]).toEqual(['ns/a']);
});

test('what is done once is done once, though its record could not be written at once', async () => {
  await pod('a');
  effects.once = true;
  let conflicts = 2;
  api.beforeWrite = ({ resource }) => {
    if (resource !== 'networkchaos' || effects.injections === 0 || conflicts === 0) return;
    conflicts -= 1;
    throw new FakeRefusal('Conflict', 409, 'changed meanwhile');
  };
  await create();
  await settle(1_000);
  expect(conflicts).toBe(0);
  expect(effects.injections).toBe(1);
  expect((await get()).status?.experiment?.containerRecords).toMatchObject([{ phase: 'Injected', injectedCount: 1 }]);
});

test.each([
  { once: false, expected: ['ns/a'] },
  { once: true, expected: [] },
])('after a restart what lasts is put in force again, uncounted, and what is done once ($once) is not', async ({ once, expected }) => {
  await pod('a');
  effects.once = once;
  await create();
  await stop();
  start();
  effects.once = once;
  await settle();
  expect([...effects.inForce]).toEqual(expected);
  expect((await get()).status?.experiment?.containerRecords).toMatchObject([{ injectedCount: 1 }]);
});

test('one that vanishes without its finalizer is taken back all the same', async () => {
  await pod('a');
  await create();
  expect([...effects.inForce]).toEqual(['ns/a']);
  await api.patch(ref, { name: 'x', namespace: 'ns' }, 'merge', { metadata: { finalizers: null } });
  await api.delete(ref, 'x', 'ns');
  await settle();
  expect([...effects.inForce]).toEqual([]);
});
