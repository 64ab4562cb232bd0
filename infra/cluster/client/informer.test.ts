import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../meta/manual-clock.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { FakeApiClient, FakeRefusal } from './fake-api-client.ts';
import { InformerFactory } from './informer-factory.ts';
import { resources } from './resources.ts';
import { silentLog } from './silent-log.ts';

let clock: ManualClock;
let api: FakeApiClient;
let factory: InformerFactory;

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeApiClient(clock);
  factory = new InformerFactory({ api, clock, log: silentLog });
});
afterEach(async () => {
  await factory[Symbol.asyncDispose]();
});

const configMap = (name: string, data: Record<string, string> = {}): KubeObject & { data: Record<string, string> } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

test('lists, then follows changes in order', async () => {
  await api.create(resources.configMaps, configMap('a'));
  const informer = factory.informer<ReturnType<typeof configMap>>(resources.configMaps);
  await informer.synced;
  const told: string[] = [];
  informer.subscribe((event) => told.push(`${event.type} ${event.object.metadata.name}`));
  const b = await api.create(resources.configMaps, configMap('b'));
  await api.update(resources.configMaps, { ...b, data: { k: 'v' } });
  await api.delete(resources.configMaps, 'a', 'default');
  await clock.advance(0);
  expect(told).toEqual(['added a', 'added b', 'updated b', 'deleted a']);
  expect(informer.get('default/b')?.data).toEqual({ k: 'v' });
  expect(informer.get('default/a')).toBeUndefined();
  expect(Object.isFrozen(informer.get('default/b')?.data)).toBe(true);
});

test('one informer a resource, however many ask', () => {
  expect(factory.informer(resources.pods)).toBe(factory.informer({ group: '', version: 'v1', resource: 'pods' }));
});

test('after Expired it lists again and tells just the differences', async () => {
  await api.create(resources.configMaps, configMap('stays'));
  await api.create(resources.configMaps, configMap('goes'));
  const informer = factory.informer(resources.configMaps);
  await informer.synced;
  await clock.advance(0);
  const told: string[] = [];
  informer.subscribe((event) => told.push(`${event.type} ${event.object.metadata.name}`));
  told.length = 0;
  void api.delete(resources.configMaps, 'goes', 'default');
  void api.create(resources.configMaps, configMap('comes'));
  api.expireWatches();
  await clock.advance(0);
  expect(told.sort()).toEqual(['added comes', 'deleted goes']);
});

test('an object deleted and made anew between two lists is a deletion and an addition', async () => {
  await api.create(resources.configMaps, configMap('a'));
  const informer = factory.informer(resources.configMaps);
  await informer.synced;
  await clock.advance(0);
  const told: string[] = [];
  informer.subscribe((event) => told.push(event.type));
  void api.delete(resources.configMaps, 'a', 'default');
  void api.create(resources.configMaps, configMap('a'));
  api.expireWatches();
  await clock.advance(0);
  expect(told).toEqual(['added', 'deleted', 'added']);
});

test('a failing list is tried again with back-off until it succeeds', async () => {
  let failures = 3;
  const list = api.list.bind(api);
  api.list = async (ref, options) => {
    failures -= 1;
    if (failures >= 0) throw new FakeRefusal('InternalError', 500, 'boom');
    return list(ref, options);
  };
  const informer = factory.informer(resources.configMaps);
  await clock.advance(149);
  expect(informer.hasSynced).toBe(false);
  await clock.advance(1000);
  expect(informer.hasSynced).toBe(true);
});

test('indexes follow their objects', async () => {
  const informer = factory.informer<ReturnType<typeof configMap>>(resources.configMaps);
  informer.addIndex('colour', (object) => (object.data.colour === undefined ? [] : [object.data.colour]));
  await informer.synced;
  const made = await api.create(resources.configMaps, configMap('a', { colour: 'red' }));
  await clock.advance(0);
  expect(informer.byIndex('colour', 'red')).toHaveLength(1);
  await api.update(resources.configMaps, { ...made, data: { colour: 'blue' } });
  await clock.advance(0);
  expect(informer.byIndex('colour', 'red')).toEqual([]);
  expect(informer.byIndex('colour', 'blue').map((o) => o.metadata.name)).toEqual(['a']);
  expect(informer.inNamespace('default')).toHaveLength(1);
  expect(informer.inNamespace('other')).toEqual([]);
});

test('a handler that throws does not keep others from being told', async () => {
  const informer = factory.informer(resources.configMaps);
  await informer.synced;
  let told = 0;
  informer.subscribe(() => {
    throw new Error('boom');
  });
  informer.subscribe(() => (told += 1));
  await api.create(resources.configMaps, configMap('a'));
  await clock.advance(0);
  expect(told).toBe(1);
});
