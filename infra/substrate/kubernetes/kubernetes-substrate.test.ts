import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SubstrateHealth } from '../../../server/sandboxes/substrate.ts';
import { parseClustersFile } from './clusters-file.ts';
import { KubernetesSubstrate } from './kubernetes-substrate.ts';
import { FakeCluster } from './testing/fake-cluster.ts';

let folder: string;
let east: FakeCluster;
let west: FakeCluster;
let substrate: KubernetesSubstrate;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'clusters-'));
  [east, west] = [await FakeCluster.start(), await FakeCluster.start()];
  const clusters = [];
  for (const [name, { api }] of [
    ['east', east],
    ['west', west],
  ] as const) {
    await writeFile(path.join(folder, name), api.kubeConfig.exportConfig());
    clusters.push({ name, kubeconfig: name, capacity: 2 });
  }
  const file = parseClustersFile(path.join(folder, 'clusters.yaml'), JSON.stringify({ installation: 'one', clusters }));
  substrate = await KubernetesSubstrate.open({ file, log: pino({ level: 'silent' }) });
});
afterEach(async () => {
  await substrate[Symbol.asyncDispose]();
  await Promise.all([east, west].map((cluster) => cluster[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true });
});

const never = new AbortController().signal;
const provision = (id: string): Promise<unknown> => substrate.provision(id, () => undefined, never);

it('spreads sandboxes, never beyond what there is room for, also when they are asked for at once', async () => {
  const asked = await Promise.allSettled(['sb_1', 'sb_2', 'sb_3', 'sb_4', 'sb_5'].map(provision));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  expect(asked.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CapacityExhausted' } });
  expect([east.namespaces.length, west.namespaces.length]).toEqual([4, 4]);
  await substrate.release('sb_1');
  await provision('sb_5');
});

it('tells of the sandboxes on a cluster that goes away, and when it is back', async () => {
  await provision('sb_1');
  await provision('sb_2');
  const heard: SubstrateHealth[] = [];
  using _subscription = substrate.subscribe((health) => heard.push(health));
  east.failing = 503;
  await substrate.health();
  expect(heard).toEqual([{ ok: true }]);
  expect(substrate.troubleOf('sb_1')).toContain('The cluster east: its API server is overloaded or failing');
  expect(substrate.troubleOf('sb_2')).toBeUndefined();
  await expect(substrate.adopt('sb_1')).rejects.toMatchObject({ code: 'Unavailable' });
  expect((await substrate.adopt('sb_2'))?.id).toBe('sb_2');
  west.failing = 401;
  const gone = await substrate.health();
  expect(gone).toMatchObject({ ok: false });
  expect(gone.ok ? '' : gone.reason).toContain('The cluster west: it does not accept the credentials in its kubeconfig any more');
  [east.failing, west.failing] = [undefined, undefined];
  await substrate.health();
  expect(heard.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(substrate.troubleOf('sb_1')).toBeUndefined();
  expect((await substrate.adopt('sb_1'))?.id).toBe('sb_1');
});

it('finds after a restart what stands, and nothing that never was', async () => {
  await provision('sb_1');
  await substrate.detach();
  const again = await KubernetesSubstrate.open({
    file: parseClustersFile(
      path.join(folder, 'clusters.yaml'),
      JSON.stringify({ installation: 'one', clusters: [{ name: 'east', kubeconfig: 'east', capacity: 2 }] }),
    ),
    log: pino({ level: 'silent' }),
  });
  expect((await again.adopt('sb_1'))?.id).toBe('sb_1');
  expect(await again.adopt('sb_9')).toBeUndefined();
  expect(again.ground).toEqual({ ownCluster: false, chaos: false });
  await again[Symbol.asyncDispose]();
});

it('takes back what was made for somebody who left meanwhile', async () => {
  const left = AbortSignal.abort(new Error('abandoned'));
  await expect(substrate.provision('sb_1', () => undefined, left)).rejects.toThrow('abandoned');
  expect([...east.namespaces, ...west.namespaces]).toEqual([]);
});
