import { beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { EventRecorder, type EventSubject } from './event-recorder.ts';
import { FakeApiClient } from './fake-api-client.ts';
import { resources } from './resources.ts';
import { silentLog } from './silent-log.ts';

interface Written extends KubeObject {
  count?: number;
  message: string;
  series?: { count: number };
  lastTimestamp?: string;
  involvedObject: { fieldPath?: string };
}

let clock: ManualClock;
let api: FakeApiClient;
let recorder: EventRecorder;
const pod: EventSubject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '7' } };

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  recorder = new EventRecorder({ api, clock, log: silentLog, component: 'kubelet', host: 'node-1' });
});

async function written(): Promise<readonly Written[]> {
  await recorder.flush();
  return (await api.list<Written>(resources.events)).items;
}

test('writes an event as the kubelet does', async () => {
  recorder.record({ ...pod, fieldPath: 'spec.containers{c}' }, 'Normal', 'Pulling', 'Pulling image "x"');
  expect(await written()).toMatchObject([
    {
      metadata: { namespace: 'ns', name: expect.stringMatching(/^p\.[0-9a-f]{16}$/) as string },
      involvedObject: {
        kind: 'Pod',
        namespace: 'ns',
        name: 'p',
        uid: 'u',
        apiVersion: 'v1',
        resourceVersion: '7',
        fieldPath: 'spec.containers{c}',
      },
      reason: 'Pulling',
      message: 'Pulling image "x"',
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
      type: 'Normal',
      eventTime: null,
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
    },
  ]);
});

test('a repeat raises the count and the last time of the first', async () => {
  recorder.record(pod, 'Warning', 'BackOff', 'again');
  await recorder.flush();
  await clock.advance(65_000);
  recorder.record(pod, 'Warning', 'BackOff', 'again');
  expect(await written()).toMatchObject([{ count: 2, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:01:05Z' }]);
});

test('a repeat of an event that has been deleted is a new one', async () => {
  recorder.record(pod, 'Normal', 'Pulled', 'x');
  const [first] = await written();
  await api.delete(resources.events, first!.metadata.name, 'ns');
  recorder.record(pod, 'Normal', 'Pulled', 'x');
  expect(await written()).toMatchObject([{ count: 1 }]);
});

test('spam: 25 at once, then one in five minutes', async () => {
  for (let i = 0; i < 40; i += 1) recorder.record(pod, 'Warning', 'BackOff', 'again');
  expect(await written()).toMatchObject([{ count: 25 }]);
  await clock.advance(299_000);
  recorder.record(pod, 'Warning', 'BackOff', 'again');
  expect(await written()).toMatchObject([{ count: 25 }]);
  await clock.advance(1_000);
  recorder.record(pod, 'Warning', 'BackOff', 'again');
  recorder.record(pod, 'Warning', 'BackOff', 'again');
  expect(await written()).toMatchObject([{ count: 26 }]);
});

test('more than ten messages of one reason are combined', async () => {
  for (let i = 0; i < 13; i += 1) recorder.record(pod, 'Warning', 'Unhealthy', `took ${i} ms`);
  const events = await written();
  expect(events).toHaveLength(11);
  expect(events.at(-1)).toMatchObject({ message: '(combined from similar events): took 12 ms', count: 3 });
});

test('series style carries a time, an action and a series', async () => {
  recorder = new EventRecorder({ api, clock, log: silentLog, component: 'default-scheduler', style: 'series' });
  recorder.record(pod, 'Warning', 'FailedScheduling', 'no', 'Scheduling');
  recorder.record(pod, 'Warning', 'FailedScheduling', 'no', 'Scheduling');
  expect(await written()).toMatchObject([
    {
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: '2026-01-01T00:00:00.000000Z',
      action: 'Scheduling',
      series: { count: 2 },
      source: {},
    },
  ]);
});

test('two sources that speak of one object within the same millisecond are both heard', async () => {
  const other = new EventRecorder({ api, clock, log: silentLog, component: 'default-scheduler' });
  recorder.record(pod, 'Normal', 'Pulled', 'x');
  other.record(pod, 'Normal', 'Scheduled', 'y');
  await other.flush();
  expect((await written()).map(({ message }) => message).sort()).toEqual(['x', 'y']);
});
