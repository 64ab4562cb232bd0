import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ApiCaller, type ApiAnswer } from '../testing/api-caller.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { kubectlOn, type Kubectl } from './testing/api-calls.ts';

let plane: BareControlPlane;
let caller: ApiCaller;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await startBareControlPlane();
  caller = new ApiCaller(plane, 'admin');
  kubectl = kubectlOn(plane);
});
afterAll(async () => {
  caller[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

const configMaps = '/api/v1/namespaces/default/configmaps';

function file(name: string, object: object): string {
  const at = path.join(plane.folder, name);
  writeFileSync(at, JSON.stringify(object));
  return at;
}

const configMap = (name: string, data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

async function read(at: string): Promise<KubeObject & { readonly data?: object; readonly spec?: Record<string, unknown> }> {
  return (await caller.call('GET', at)).json();
}

/** Node's client frames the body of a DELETE only when it is told its length. */
function remove(at: string, dryRun: readonly string[]): Promise<ApiAnswer> {
  const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', dryRun });
  return caller.call('DELETE', at, { body, headers: { 'content-length': String(Buffer.byteLength(body)) } });
}

describe('dry runs', () => {
  it('of deletions delete nothing, whether the query or the options ask for them', async () => {
    await caller.call('POST', configMaps, { body: configMap('dry', {}) });
    expect(await kubectl('delete', 'configmap', 'dry', '--dry-run=server')).toContain('server dry run');
    const all = await remove(configMaps, ['All']);
    expect([all.code, all.text]).toEqual([200, expect.stringContaining('"dry"')]);
    expect((await caller.call('DELETE', `${configMaps}/dry?dryRun=All`)).code).toBe(200);
    expect((await caller.call('GET', `${configMaps}/dry`)).code).toBe(200);
    const odd = await remove(`${configMaps}/dry`, ['Some']);
    expect([odd.code, odd.text]).toEqual([400, expect.stringContaining('dryRun: Unsupported value')]);
    expect((await caller.call('DELETE', `${configMaps}/dry`)).code).toBe(200);
    expect((await caller.call('GET', `${configMaps}/dry`)).code).toBe(404);
  });

  it('of evictions evict nobody', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dry' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await caller.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
    expect((await caller.call('POST', pods, { body: pod })).code).toBe(201);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'dry' }, deleteOptions: { dryRun: ['All'] } };
    expect((await caller.call('POST', `${pods}/dry/eviction`, { body: eviction })).code).toBe(201);
    expect((await caller.call('GET', `${pods}/dry`)).code).toBe(200);
  });
});

it('an update of version 0 is written over whatever there is, as one without a version', async () => {
  await caller.call('POST', configMaps, { body: configMap('over', { a: '1' }) });
  for (const resourceVersion of ['0', '']) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'over', resourceVersion }, data: { a: `by ${resourceVersion}` } };
    expect((await caller.call('PUT', `${configMaps}/over`, { body })).code).toBe(200);
    expect((await read(`${configMaps}/over`)).data).toEqual(body.data);
  }
  const stale = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'over', resourceVersion: '1' } };
  expect((await caller.call('PUT', `${configMaps}/over`, { body: stale })).code).toBe(409);
});

describe('an eviction', () => {
  const pods = '/api/v1/namespaces/default/pods';
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const statusOf = (at: string, status: object): Promise<ApiAnswer> =>
    caller.call('PATCH', `${at}/status`, { body: { status }, headers: { 'content-type': 'application/merge-patch+json' } });
  const evict = (name: string): Promise<ApiAnswer> =>
    caller.call('POST', `${pods}/${name}/eviction`, { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } } });

  it.each([
    ['ready', 'True', {}, { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 0 }, 429],
    ['ready', 'True', {}, { currentHealthy: 3, desiredHealthy: 2, disruptionsAllowed: 1 }, 201],
    ['unready, with enough others', 'False', {}, { currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0 }, 201],
    ['unready, with too few others', 'False', {}, { currentHealthy: 1, desiredHealthy: 2, disruptionsAllowed: 0 }, 429],
    [
      'unready, in a budget that spares no such pod',
      'False',
      { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      { currentHealthy: 1, desiredHealthy: 2, disruptionsAllowed: 0 },
      201,
    ],
  ])('of a pod that is %s (%s)', async (_, ready, policy, budget, code) => {
    const name = `evicted-${Math.random().toString(36).slice(2)}`;
    await caller.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
    const pod = { metadata: { name, labels: { name } }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } };
    await caller.call('POST', pods, { body: { apiVersion: 'v1', kind: 'Pod', ...pod } });
    await statusOf(`${pods}/${name}`, { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] });
    const spec = { minAvailable: 2, selector: { matchLabels: { name } }, ...policy };
    await caller.call('POST', budgets, { body: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec } });
    await statusOf(`${budgets}/${name}`, { observedGeneration: 1, expectedPods: 3, ...budget });
    const answer = await evict(name);
    expect(answer.code, answer.text).toBe(code);
    const { conditions = [] } = ((await read(`${pods}/${name}`)) as { status?: { conditions?: { type: string }[] } }).status ?? {};
    expect(conditions.some(({ type }) => type === 'DisruptionTarget')).toBe(code === 201);
  });
});

describe('who owns what', () => {
  it('what admission adds to a new pod is nobody’s, so an apply without it leaves it', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'owned', labels: { a: '1' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    await kubectl('apply', '-f', file('pod.json', pod));
    const at = '/api/v1/namespaces/default/pods/owned';
    const created = await read(at);
    expect(JSON.stringify(created.metadata.managedFields)).not.toMatch(/f:serviceAccount|f:tolerations|f:priority|f:status/);
    pod.metadata.labels.a = '2';
    expect(await kubectl('apply', '--server-side', '-f', file('pod.json', pod))).toContain('serverside-applied');
    const applied = await read(at);
    expect(applied.metadata.labels).toEqual({ a: '2' });
    expect(applied.spec).toMatchObject({ serviceAccountName: 'default', tolerations: created.spec?.['tolerations'] });
  });

  it('kubectl goes over from client-side to server-side apply and can drop what it had', async () => {
    await kubectl('apply', '-f', file('cm.json', configMap('upgraded', { kept: '1', dropped: '1' })));
    expect(await kubectl('apply', '--server-side', '-f', file('cm.json', configMap('upgraded', { kept: '2', dropped: '1' })))).toContain(
      'serverside',
    );
    expect(await kubectl('apply', '--server-side', '-f', file('cm.json', configMap('upgraded', { kept: '2' })))).toContain('serverside');
    const upgraded = await read(`${configMaps}/upgraded`);
    expect(upgraded.data).toEqual({ kept: '2' });
    expect(upgraded.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]).sort()).toEqual([
      ['kubectl', 'Apply'],
      ['kubectl-last-applied', 'Apply'],
    ]);
    expect(await kubectl('apply', 'view-last-applied', 'configmap/upgraded', '-o', 'json')).toContain('"kept": "2"');
  });

  it('another manager does not inherit from client-side apply', async () => {
    await kubectl('apply', '-f', file('cm.json', configMap('guarded', { a: '1' })));
    const other = await kubectl('apply', '--server-side', '--field-manager=other', '-f', file('cm.json', configMap('guarded', { a: '2' })));
    expect(other).toContain('conflict with "kubectl-client-side-apply" using v1: .data.a');
  });
});

describe('lists', () => {
  it.each([
    ['resourceVersionMatch=Exact', 422, 'ListOptions.meta.k8s.io \\"\\" is invalid: resourceVersionMatch: Forbidden'],
    ['resourceVersionMatch=Odd&resourceVersion=1', 422, 'resourceVersionMatch: Unsupported value'],
    ['resourceVersion=999999', 504, 'Too large resource version: 999999'],
    ['resourceVersion=abc', 400, 'invalid resource version'],
  ])('refuse %s with %d', async (query, code, message) => {
    const answer = await caller.call('GET', `${configMaps}?${query}`);
    expect([answer.code, answer.text]).toEqual([code, expect.stringContaining(message)]);
  });

  it('a version still to come says when to try again', async () => {
    expect((await caller.call('GET', `${configMaps}?resourceVersion=999999`)).headers['retry-after']).toBe('1');
  });
});

it('discovery tells in which version a resource is stored by the hashes of a real server', async () => {
  const { text } = await caller.call('GET', '/api/v1');
  expect(text).toContain('"shortNames":["cm"],"storageVersionHash":"qFsyl6wFWjQ="');
  expect(text).toContain('"categories":["all"],"storageVersionHash":"xPOwRZ+Yhw8="');
});

it('the scale of a workload is shown as a table of its own', async () => {
  await kubectl('create', 'deployment', 'shown', '--image=i', '--replicas=2');
  expect(await kubectl('get', 'deployment', 'shown', '--subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nshown +2 +0 /);
});
