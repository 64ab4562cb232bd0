import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { parseClustersFile } from '../../infra/substrate/kubernetes/clusters-file.ts';
import { KubernetesSubstrate } from '../../infra/substrate/kubernetes/kubernetes-substrate.ts';
import { OutsideCluster } from '../../infra/substrate/kubernetes/testing/outside-cluster.ts';
import { systemClock, type Clock } from '../../infra/cluster/meta/clock.ts';
import { ownLabsDir } from '../../labs/catalogue.ts';
import { startApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { terminalSchema } from '../../server/contract/attempts.ts';
import { catalogueSchema } from '../../server/contract/labs.ts';
import { createLogger } from '../../server/log.ts';
import type { Sandbox } from '../../server/sandboxes/substrate.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';

/** Pods and a model server start, on a machine that may be busy. */
const PATIENCE_MS = 180_000;
const MINUTE_MS = 60_000;

let outside: OutsideCluster;
let kubeconfig: string;

beforeAll(async () => {
  outside = await OutsideCluster.start();
  kubeconfig = await outside.account('orchestrator');
});
afterAll(() => outside[Symbol.asyncDispose]());

const quiet = pino({ level: 'silent' });
const never = new AbortController().signal;

function clustersFile(installation: string, { capacity = 5, warm = 0 } = {}): string {
  return JSON.stringify({ installation, clusters: [{ name: 'east', kubeconfig, capacity, warm }] });
}

/** `aheadMs`: as if that much time had passed since the sandboxes were made. */
function openSubstrate(
  installation: string,
  { aheadMs = 0, ...settings }: { readonly aheadMs?: number; readonly capacity?: number; readonly warm?: number } = {},
): Promise<KubernetesSubstrate> {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  return KubernetesSubstrate.open({ file: parseClustersFile('/clusters.yaml', clustersFile(installation, settings)), log: quiet, clock });
}

function provision(substrate: KubernetesSubstrate, id: string): Promise<Sandbox> {
  return substrate.provision(id, () => undefined, never);
}

it('a whole attempt through the server: deploy, fault, shell, preview, verdict and release, with the published rights and no others', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-shared-'));
  const file = path.join(dataDir, 'clusters.yaml');
  await writeFile(file, clustersFile('whole'));
  const environment = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', SUBSTRATE: 'kubernetes', KUBERNETES_CLUSTERS: file };
  const config = readConfig(environment, ['--demo'], ownLabsDir);
  const server = await startApp({ config, log: createLogger('silent'), report: () => undefined, onDataLost: () => undefined });
  try {
    const link = server.links.find(({ role }) => role === 'instructor');
    const trainee = await ServerClient.fromLink(`${server.url}${link?.path ?? ''}`);
    const { labs } = catalogueSchema.parse(await trainee.request('GET', '/api/labs'));
    expect(labs.map(({ slug }) => slug)).toEqual(expect.not.arrayContaining(['paths', 'identity']));
    await expect(trainee.startAttempt('paths', 'incident')).rejects.toThrow('This lab needs a cluster of its own');
    const { id } = await trainee.startAttempt('endpoint', 'incident', 'bad-image');
    const live = await trainee.waitForAttempt(id, ({ state }) => state === 'incident' || state === 'broken', PATIENCE_MS);
    expect(live.namespace).toMatch(/^dh-whole-/);
    const { id: terminalId } = terminalSchema.parse(await trainee.request('POST', `/api/attempts/${id}/terminals`));
    const terminal = await TerminalClient.open(await trainee.connect(), terminalId);
    const { output: reach } = await terminal.run(
      `for what in "get secrets -n ${live.namespace ?? ''}-hidden" "list namespaces" "create networkpolicies" "delete resourcequotas" "create rolebindings" "get secrets"; do kubectl auth can-i $what 2>/dev/null; done`,
    );
    expect(reach.match(/^(yes|no)\r?$/gm)?.map((word) => word.trim())).toEqual(['no', 'no', 'no', 'no', 'no', 'yes']);
    expect((await terminal.run('kubectl rollout undo deployment/inference && kubectl rollout status deployment/inference')).exitCode).toBe(
      0,
    );
    await eventually(
      'the preview answering',
      async () => JSON.stringify(await trainee.request('GET', `/api/attempts/${id}/services`)).includes('"healthy"'),
      MINUTE_MS,
    );
    await trainee.request('POST', `/api/attempts/${id}/grade`);
    const ended = await trainee.waitForAttempt(id, ({ state }) => ['passed', 'failed'].includes(state), PATIENCE_MS);
    expect(ended.state).toBe('passed');
    await eventually('the namespaces going', async () => (await namespacesOf('whole')).length === 0, PATIENCE_MS);
    const { denied, done } = await outside.audited('orchestrator');
    expect(denied).toEqual([]);
    // What it changes in the whole cluster is what the first role is for, and nothing of that is idle.
    const wide = done.filter((words) => words.endsWith(' in the cluster') && !words.includes('subject'));
    expect([...new Set(wide)].sort()).toEqual(['create', 'delete', 'patch'].map((verb) => `${verb} namespaces in the cluster`));
  } finally {
    const { supervisor, substrate } = server.services;
    await Promise.all(supervisor.running.map(({ actor }) => substrate.release(actor.attempt.sandboxId)));
    await server[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}, 400_000);

describe('two installations on one cluster', () => {
  it('never touch each other’s sandboxes, and sweep what no database of theirs knows once it is old enough', async () => {
    await using one = await openSubstrate('one');
    await using two = await openSubstrate('two');
    const [kept, orphan] = [await provision(one, 'sb_kept'), await provision(one, 'sb_orphan')];
    await provision(two, 'sb_kept');
    expect(await two.adopt('sb_orphan')).toBeUndefined();
    await two.release('sb_orphan');
    expect(await one.sweep(new Set(['sb_kept']))).toEqual([]);
    await using later = await openSubstrate('one', { aheadMs: 11 * MINUTE_MS });
    const swept = await later.sweep(new Set(['sb_kept']));
    expect(swept.join('\n')).toContain(orphan.place?.hiddenNamespace);
    expect(swept).toHaveLength(2);
    expect((await later.adopt('sb_kept'))?.place).toEqual(kept.place);
    expect(await namespacesOf('two')).toHaveLength(2);
    await Promise.all([one.release('sb_kept'), two.release('sb_kept')]);
    await eventually('all of them going', async () => (await Promise.all(['one', 'two'].map(namespacesOf))).flat().length === 0, MINUTE_MS);
  });
});

describe('a sandbox', () => {
  it('is made anew under other names while a finalizer keeps the old ones', async () => {
    await using substrate = await openSubstrate('stuck');
    const first = await provision(substrate, 'sb_1');
    const { namespace = '' } = first.place ?? {};
    const held = { metadata: { name: 'held', finalizers: ['example.com/never'] } };
    await outside.post(`/api/v1/namespaces/${namespace}/configmaps`, held);
    await substrate.release('sb_1');
    expect(await substrate.adopt('sb_1')).toBeUndefined();
    const second = await provision(substrate, 'sb_1');
    expect(second.place?.namespace).not.toBe(namespace);
    const path = `/api/v1/namespaces/${namespace}/configmaps/held`;
    const body = { metadata: { finalizers: null } };
    await outside.admin.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
    await substrate.release('sb_1');
    await eventually('all of them going', async () => (await namespacesOf('stuck')).length === 0, MINUTE_MS);
  });

  it('is refused when every cluster is full, and with nodes of its own', async () => {
    await using substrate = await openSubstrate('full', { capacity: 1 });
    await provision(substrate, 'sb_1');
    await expect(provision(substrate, 'sb_2')).rejects.toMatchObject({
      code: 'CapacityExhausted',
      message: 'All clusters are full: east 1 of 1.',
    });
    const node = { name: 'gpu-1', cpu: '1', memory: '1Gi', gpus: 1, labels: {}, taints: [] };
    await expect(substrate.provision('sb_3', () => undefined, never, [node])).rejects.toThrow('needs nodes of its own');
    expect((await provision(substrate, 'sb_1')).id).toBe('sb_1');
    await substrate.release('sb_1');
  });
});

describe('several clusters', () => {
  it('are filled past one that is away, and a sandbox that may stand there is never called lost', async () => {
    const clusters = [
      { name: 'away', kubeconfig: await outside.kubeconfig('away', 'x', 'https://127.0.0.1:9'), capacity: 9, weight: 9 },
      { name: 'east', kubeconfig, capacity: 2 },
    ];
    const file = parseClustersFile('/clusters.yaml', JSON.stringify({ installation: 'several', clusters }));
    await using substrate = await KubernetesSubstrate.open({ file, log: quiet });
    expect(substrate.capacity).toBe(11);
    expect(await substrate.health()).toEqual({ ok: true });
    const said: string[] = [];
    const sandbox = await substrate.provision('sb_1', (text) => said.push(text), never);
    expect(said).toEqual(['Namespaces on the cluster east']);
    expect((await substrate.adopt('sb_1'))?.place).toEqual(sandbox.place);
    await expect(substrate.adopt('sb_2')).rejects.toMatchObject({ code: 'Unavailable' });
    await substrate.release('sb_1');
  });
});

describe('a pool of sandboxes made ahead', () => {
  it('gives each of two servers one of its own, and survives a sweep', async () => {
    const isReady = 'drillhouse.dev/ready=true,drillhouse.dev/installation=warm';
    await using one = await openSubstrate('warm', { warm: 1 });
    const ahead = await eventually('one made ahead', async () => (await namespacesBy(isReady))[0], MINUTE_MS);
    await using later = await openSubstrate('warm', { warm: 1, aheadMs: 11 * MINUTE_MS });
    expect(await later.sweep(new Set())).toEqual([]);
    const made = await Promise.all([provision(one, 'sb_1'), provision(later, 'sb_2')]);
    const names = made.map(({ place }) => place?.namespace);
    expect(names).toContain(ahead);
    expect(new Set(names).size).toBe(2);
    for (const id of ['sb_1', 'sb_2']) expect(await one.adopt(id)).toBeDefined();
    await Promise.all(['sb_1', 'sb_2'].map((id) => one.release(id)));
  });
});

describe('credentials', () => {
  it.each([
    [
      'that have expired',
      () => outside.kubeconfig('expired', 'eyJhbGciOiJub25lIn0.e30.'),
      'does not accept the credentials in its kubeconfig any more',
    ],
    ['without rights', () => outside.account('nobody', null), 'lack rights: create namespaces; delete namespaces;'],
  ] as const)('%s are refused at the start with what to do', async (_, make, words) => {
    const text = JSON.stringify({ installation: 'bad', clusters: [{ name: 'east', kubeconfig: await make(), capacity: 1 }] });
    await expect(KubernetesSubstrate.open({ file: parseClustersFile('/clusters.yaml', text), log: quiet })).rejects.toThrow(words);
  });
});

function namespacesOf(installation: string): Promise<readonly string[]> {
  return namespacesBy(`drillhouse.dev/installation=${installation}`);
}

async function namespacesBy(labelSelector: string): Promise<readonly string[]> {
  const { items } = await outside.admin.send<{ readonly items: readonly { readonly metadata: { readonly name: string } }[] }>({
    method: 'GET',
    path: '/api/v1/namespaces',
    query: { labelSelector },
  });
  return items.map(({ metadata }) => metadata.name).sort();
}
