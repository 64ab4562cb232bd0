import { afterEach, beforeEach, expect, test } from 'vitest';
import { chaosApiVersion, pauseAnnotation, type PodChaos, type Schedule, type ScheduleSpec } from '../../chaos/chaos-types.ts';
import { FakeApiClient } from '../client/fake-api-client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { silentLog } from '../client/silent-log.ts';
import type { Event } from '../meta/generated/types.ts';
import { resources } from '../client/resources.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { chaosRef } from './chaos-context.ts';
import { startScheduleController } from './schedule-controller.ts';

const MINUTE_MS = 60_000;
let clock: ManualClock;
let api: FakeApiClient;
let informers: InformerFactory;
let controller: AsyncDisposable;

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  for (const plural of ['schedules', 'podchaos']) api.withoutStatusSubresource.add(plural);
  informers = new InformerFactory({ api, clock, log: silentLog });
  controller = startScheduleController({ api, informers, clock, log: silentLog });
});
afterEach(async () => {
  await controller[Symbol.asyncDispose]();
  await informers[Symbol.asyncDispose]();
});

async function create(spec: Partial<ScheduleSpec> = {}, annotations = {}): Promise<void> {
  const podChaos = { selector: {}, mode: 'one', action: 'pod-kill' } as const;
  const whole: ScheduleSpec = { schedule: '* * * * *', type: 'PodChaos', podChaos, ...spec };
  const metadata = { name: 's', namespace: 'ns', annotations };
  await api.create<Schedule>(chaosRef('Schedule'), { apiVersion: chaosApiVersion, kind: 'Schedule', metadata, spec: whole });
  await advance(0);
}

async function advance(ms: number): Promise<void> {
  await clock.advance(ms);
  for (let round = 0; round < 4; round += 1) await clock.advance(0);
}

async function made(): Promise<readonly PodChaos[]> {
  return (await api.list<PodChaos>(chaosRef('PodChaos'))).items;
}

/** Plays the experiments' controller: all that is there has happened. */
async function finishAll(): Promise<void> {
  for (const one of await made()) {
    const record = { id: 'ns/a', selectorKey: '.', phase: 'Injected', injectedCount: 1, recoveredCount: 0 } as const;
    await api.update<PodChaos>(chaosRef('PodChaos'), { ...one, status: { experiment: { containerRecords: [record] } } });
  }
  await advance(0);
}

const created = (): number => api.actions.filter(({ verb, resource }) => verb === 'create' && resource === 'podchaos').length;

test('makes an experiment each time that it is due, owned and labelled', async () => {
  await create({ concurrencyPolicy: 'Allow' });
  await advance(MINUTE_MS);
  expect(await made()).toMatchObject([
    {
      metadata: { labels: { 'managed-by': 's' }, ownerReferences: [{ kind: 'Schedule', name: 's', controller: true }] },
      spec: { action: 'pod-kill' },
    },
  ]);
  await advance(2 * MINUTE_MS);
  expect(await made()).toHaveLength(3);
  const { status } = await api.get<Schedule>(chaosRef('Schedule'), 's', 'ns');
  expect(status?.active).toHaveLength(3);
  expect(status?.time).toBe('2026-01-01T00:03:00Z');
});

test('keeps as many that are done as it says, the newest', async () => {
  await create({ historyLimit: 2 });
  for (let round = 0; round < 5; round += 1) {
    await advance(MINUTE_MS);
    await finishAll();
  }
  expect(created()).toBe(5);
  const times = (await made()).map(({ metadata }) => metadata.creationTimestamp).sort();
  expect(times).toEqual(['2026-01-01T00:04:00Z', '2026-01-01T00:05:00Z']);
});

test('Forbid, the default, lets none run beside another, and says so', async () => {
  await create();
  await advance(3 * MINUTE_MS);
  expect(created()).toBe(1);
  const events = (await api.list<Event>(resources.events)).items.map(({ reason }) => reason);
  expect(events).toContain('Forbid');
  await finishAll();
  await advance(MINUTE_MS);
  expect(created()).toBe(2);
});

test('a pause holds it', async () => {
  await create({ concurrencyPolicy: 'Allow' }, { [pauseAnnotation]: 'true' });
  await advance(3 * MINUTE_MS);
  expect(created()).toBe(0);
});

test('@every counts from its last time', async () => {
  await create({ schedule: '@every 10s', concurrencyPolicy: 'Allow' });
  await advance(35_000);
  expect(created()).toBe(3);
});

test.each([
  [30, 0],
  [120, 1],
])('what was missed by more than the deadline of %i s is not made up for', async (startingDeadlineSeconds, expected) => {
  const annotations = { [pauseAnnotation]: 'true' };
  await create({ schedule: '0 * * * *', startingDeadlineSeconds }, annotations);
  await advance(61 * MINUTE_MS);
  await api.patch(chaosRef('Schedule'), { name: 's', namespace: 'ns' }, 'merge', {
    metadata: { annotations: { [pauseAnnotation]: null } },
  });
  await advance(0);
  expect(created()).toBe(expected);
});

test('a schedule that cannot be read makes nothing and says so', async () => {
  await create({ schedule: 'at noon' });
  await advance(MINUTE_MS);
  expect(created()).toBe(0);
  expect((await api.list<Event>(resources.events)).items[0]?.message).toContain('unparseable schedule: "at noon"');
});
