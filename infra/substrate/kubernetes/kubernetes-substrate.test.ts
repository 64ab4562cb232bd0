import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Exclusive } from '../../../server/replicas/exclusive.ts';
import { FakeNetwork } from '../../../server/testing/fake-replicas.ts';
import { ManualClock } from '../../../server/testing/manual-clock.ts';
import type { SubstrateHealth } from '../../../server/sandboxes/substrate.ts';
import { systemClock } from '../../cluster/meta/clock.ts';
import { parseClustersFile, type ClustersFile } from './clusters-file.ts';
import { KubernetesSubstrate, type KubernetesSubstrateOptions } from './kubernetes-substrate.ts';
import { FakeCluster } from './testing/fake-cluster.ts';

let folder: string;
let east: FakeCluster;
let west: FakeCluster;
let file: ClustersFile;
let substrate: KubernetesSubstrate;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'clusters-'));
  [east, west] = [await FakeCluster.start(), await FakeCluster.start()];
  const clusters: object[] = [];
  for (const [name, { api }] of [
    ['east', east],
    ['west', west],
  ] as const) {
    await writeFile(path.join(folder, name), api.kubeConfig.exportConfig());
    clusters.push({ name, kubeconfig: name, capacity: 2 });
  }
  file = parseClustersFile(path.join(folder, 'clusters.yaml'), JSON.stringify({ installation: 'one', clusters }));
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

/** What administrators read, as one text. */
function openListening(options: Partial<KubernetesSubstrateOptions>): Promise<readonly [KubernetesSubstrate, () => string]> {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  return KubernetesSubstrate.open({ file, log, ...options }).then((opened) => [opened, () => lines.join('')]);
}

it('tells administrators of a namespace that does not end, with what keeps it, and makes its sandbox anew', async () => {
  await provision('sb_1');
  [east.keptBy, west.keptBy] = ['example.com/never in 1 resource instances', 'the same'];
  await substrate.release('sb_1');
  const clock = { ...systemClock, now: () => systemClock.now() + 11 * 60_000 };
  const [later, said] = await openListening({ clock });
  await later.sweep(new Set());
  expect(said()).toContain('a namespace does not end; look at the finalizers of what is in it');
  expect(said()).toContain('example.com/never in 1 resource instances');
  expect(await later.adopt('sb_1')).toBeUndefined();
  expect((await later.provision('sb_1', () => undefined, never)).place?.namespace).toMatch(/^dh-one-/);
  await later[Symbol.asyncDispose]();
});

it('lets alone what another database made under the same installation name, and tells administrators', async () => {
  const [ours, said] = await openListening({ owner: 'ours', clock: { ...systemClock, now: () => systemClock.now() + 11 * 60_000 } });
  const [theirs] = await openListening({ owner: 'theirs' });
  await theirs.provision('sb_theirs', () => undefined, never);
  await ours.provision('sb_ours', () => undefined, never);
  expect(await ours.sweep(new Set())).toHaveLength(2);
  expect(await theirs.adopt('sb_theirs')).toBeDefined();
  expect(await ours.adopt('sb_ours')).toBeUndefined();
  expect(said()).toContain('another Drillhouse, or this one with an earlier database, has sandboxes under the same installation name');
  await Promise.all([ours, theirs].map((each) => each[Symbol.asyncDispose]()));
});

describe('servers of one installation', () => {
  const log = pino({ level: 'silent' });

  it('never take more places than there are, and find what the others made', async () => {
    const network = new FakeNetwork();
    const servers = await Promise.all(
      ['a', 'b', 'c'].map((id) => {
        const turns = new Exclusive({ leases: network.join(id).leases, clock: new ManualClock() });
        return KubernetesSubstrate.open({ file, log, inTurn: (work) => turns.run('placing', work) });
      }),
    );
    const ids = Array.from({ length: 9 }, (_, index) => `sb_${index}`);
    const asked = await Promise.allSettled(ids.map((id, index) => servers[index % 3]!.provision(id, () => undefined, never)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(new Set(asked.flatMap((each) => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : [])))).toEqual(
      new Set(['CapacityExhausted']),
    );
    expect([east.namespaces.length, west.namespaces.length]).toEqual([4, 4]);
    const made = ids.filter((_, index) => asked[index]?.status === 'fulfilled');
    for (const server of servers) for (const id of made) expect((await server.adopt(id))?.id).toBe(id);
    await servers[1]!.release(made[0]!);
    expect(await servers[2]!.adopt(made[0]!)).toBeUndefined();
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  });

  it('know where a sandbox must lie that another one made, when its cluster is away', async () => {
    await provision('sb_1');
    east.failing = 503;
    await using other = await KubernetesSubstrate.open({ file, log });
    expect(other.troubleOf('sb_1')).toBeUndefined();
    await expect(other.adopt('sb_1')).rejects.toMatchObject({ code: 'Unavailable' });
    expect(other.troubleOf('sb_1')).toContain('The cluster east');
    east.failing = undefined;
    await other.health();
    expect((await other.adopt('sb_1'))?.id).toBe('sb_1');
    expect(other.troubleOf('sb_1')).toBeUndefined();
  });
});
