import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FairQueue, type RequestQueue } from '../../infra/cluster/api/fair-queue.ts';
import { startBareControlPlane, type BareControlPlane } from '../../infra/cluster/testing/bare-control-plane.ts';
import type { ApiClient } from '../../infra/cluster/client/api-client.ts';
import type { KubeObject, ResourceRef } from '../../infra/cluster/meta/kube-object.ts';
import { WireClient, type WireAnswer, type WireTarget } from '../bench/wire-client.ts';

const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const LISTED = 600;
const FLOOD = 60;
let plane: BareControlPlane;
let other: BareControlPlane;
const targets = new Map<string, WireTarget>();

/** The same clusters without a queue, by which to see that it is the queue that makes the difference. */
const anarchy: RequestQueue = { waiting: 0, run: (_flow, work) => work() };
const fairness = new FairQueue();
let isFair = true;
const queue: RequestQueue = { waiting: 0, run: (flow, work) => (isFair ? fairness : anarchy).run(flow, work) };

beforeAll(async () => {
  plane = await startBareControlPlane({ queue });
  other = await startBareControlPlane({ queue });
  for (const name of ['busy', 'calm']) targets.set(name, await accountOf(plane, name));
  targets.set('elsewhere', await accountOf(other, 'elsewhere'));
  const api = plane.plane.clientFor('test');
  for (let index = 0; index < LISTED; index += 1) {
    const data = { text: 'x'.repeat(2_000) };
    await api.create(core('configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c${index}`, namespace: 'default' },
      data,
    } as unknown as KubeObject);
  }
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

async function accountOf({ plane: controlPlane, url, authority }: BareControlPlane, name: string): Promise<WireTarget> {
  const api: ApiClient = controlPlane.clientFor('test');
  await api.create(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } });
  await api.create({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' }, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  } as unknown as KubeObject);
  const token = await api.post<{ status: { token: string } }>({ ...core('serviceaccounts'), subresource: 'token' }, name, 'default', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: { audiences: [], expirationSeconds: 3_600 },
  });
  return { port: Number(new URL(url).port), authority, token: token.status.token };
}

function open(name: string, count: number): Promise<WireClient[]> {
  const target = targets.get(name);
  if (target === undefined) throw new Error(name);
  return Promise.all(Array.from({ length: count }, () => WireClient.open(target)));
}

/** A Table of all objects is made for each request: much work for one line. */
function askMuch(client: WireClient): Promise<WireAnswer> {
  const accept = 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n';
  return client.request('GET', '/api/v1/configmaps', { headers: accept });
}

/** How much of a flood was answered by the time that somebody who came later had three short questions answered. */
async function floodAnsweredBefore(name: string): Promise<number> {
  const flooders = await open('busy', FLOOD);
  const [client] = await open(name, 1);
  let answered = 0;
  const flood = flooders.map(async (flooder) => {
    const { status } = await askMuch(flooder);
    expect(status).toBe(200);
    answered += 1;
  });
  // The flood has begun to be worked on.
  await expect.poll(() => answered, { interval: 1, timeout: 60_000 }).toBeGreaterThan(0);
  for (let index = 0; index < 3; index += 1) expect((await client!.request('GET', '/api/v1/namespaces/default')).status).toBe(200);
  const before = answered;
  await Promise.all(flood);
  for (const one of [...flooders, client!]) one[Symbol.dispose]();
  return before;
}

describe('one busy client', () => {
  it.each(['calm', 'elsewhere'])('does not make %s wait until its flood is over', async (name) => {
    expect(await floodAnsweredBefore(name)).toBeLessThan(FLOOD * 0.8);
  });

  it.each(['calm', 'elsewhere'])('would make %s wait if there were no queue', async (name) => {
    isFair = false;
    try {
      expect(await floodAnsweredBefore(name)).toBeGreaterThan(FLOOD * 0.8);
    } finally {
      isFair = true;
    }
  });

  it('is told 429 and when to come again past what it may have waiting, and is served again after', async () => {
    const flooders = await open('busy', 300);
    const answers = await Promise.all(flooders.map(askMuch));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(200);
    expect(refused[0]!.headers).toMatch(/retry-after: 1/i);
    expect(JSON.parse(refused[0]!.body.toString())).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
      code: 429,
    });
    expect((await flooders[0]!.request('GET', '/api/v1/namespaces/default')).status).toBe(200);
    for (const one of flooders) one[Symbol.dispose]();
  });

  it('may have a bounded number of watches open', async () => {
    const target = targets.get('busy');
    const watchers = await open('busy', 257);
    const watch = '/api/v1/namespaces/default/secrets?watch=1&timeoutSeconds=60';
    // A watch has no length: only a refusal has one and settles.
    const refusals: number[] = [];
    for (const watcher of watchers) void watcher.request('GET', watch).then(({ status }) => status === 429 && refusals.push(status));
    await expect.poll(() => refusals.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(1);
    for (const watcher of watchers) watcher[Symbol.dispose]();
    await expect
      .poll(async () => {
        using again = await WireClient.open(target!);
        return (await again.request('GET', '/api/v1/namespaces/default/secrets?watch=1&timeoutSeconds=0')).status;
      })
      .toBe(200);
  });
});
