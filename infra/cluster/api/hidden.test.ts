import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ApiCaller } from '../testing/api-caller.ts';
import { hiddenNamespace, startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';

const group = 'storms.test';
const definition = (ofGroup: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `gales.${ofGroup}` },
  spec: {
    group: ofGroup,
    scope: 'Namespaced',
    names: { plural: 'gales', kind: 'Gale' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };

let plane: BareControlPlane;
let admin: ApiCaller;
let operator: ApiCaller;

beforeAll(async () => {
  plane = await startBareControlPlane({ hiddenGroups: [group] });
  [admin, operator] = [new ApiCaller(plane, 'admin'), new ApiCaller(plane, 'operator')];
  await operator.call('POST', definitions, { body: definition(group) });
  await admin.call('POST', definitions, { body: definition('calm.test') });
  for (const served of [group, 'calm.test'])
    await vi.waitFor(async () => expect((await operator.call('GET', `/apis/${served}/v1`)).code).toBe(200));
});
afterAll(async () => {
  admin[Symbol.dispose]();
  operator[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

test.each([
  ['/', {}],
  ['/apis', {}],
  ['/apis', aggregated],
  ['/openapi/v3', {}],
  ['/openapi/v2', {}],
])('the document %s names the group to operators only', async (path, headers) => {
  const [known, seen] = await Promise.all([operator, admin].map((caller) => caller.call('GET', path, { headers })));
  expect([known?.code, known?.text.includes(group)]).toEqual([200, true]);
  expect([seen?.code, seen?.text.includes(group), seen?.text.includes('calm.test')]).toEqual([200, false, true]);
  expect(seen?.headers.etag === undefined || seen.headers.etag !== known?.headers.etag).toBe(true);
});

test.each([`/apis/${group}`, `/apis/${group}/v1`, `/apis/${group}/v1/gales`, `/openapi/v3/apis/${group}/v1`])(
  '%s is there for operators, and for others like what is nowhere',
  async (path) => {
    expect((await operator.call('GET', path)).code).toBe(200);
    const [hidden, nowhere] = await Promise.all([path, path.replace(group, 'nowhere.test')].map((each) => admin.call('GET', each)));
    expect([hidden?.code, hidden?.text]).toEqual([404, nowhere?.text]);
    // Whoever may do nothing learns as little.
    const stranger = { headers: { 'impersonate-user': 'stranger', 'impersonate-group': 'system:authenticated' } };
    const [theirs, absent] = await Promise.all(
      [path, path.replace(group, 'nowhere.test')].map((each) => admin.call('GET', each, stranger)),
    );
    expect([theirs?.code, theirs?.text.replaceAll(group, 'X')]).toEqual([absent?.code, absent?.text.replaceAll('nowhere.test', 'X')]);
  },
);

test('definitions of the group can be neither seen, taken over nor removed', async () => {
  const one = `${definitions}/gales.${group}`;
  expect((await admin.call('GET', definitions)).text).not.toContain(group);
  for (const method of ['GET', 'DELETE']) expect((await admin.call(method, one)).code).toBe(404);
  const merge = { body: '{"spec":{"scope":"Cluster"}}', headers: { 'content-type': 'application/merge-patch+json' } };
  expect((await admin.call('PATCH', one, merge)).code).toBe(404);
  await admin.call('DELETE', definitions);
  expect((await operator.call('GET', one)).code).toBe(200);
});

test('definitions of the group are refused to others, whether they are there or not', async () => {
  const present = definition(group);
  const absent = { ...present, metadata: { name: `squalls.${group}` } };
  const answers = await Promise.all([present, absent].map((body) => admin.call('POST', definitions, { body })));
  expect(answers.map(({ code }) => code)).toEqual([403, 403]);
});

const secrets = `/api/v1/namespaces/${hiddenNamespace}/secrets`;
/** Ways to write a hidden place other than plainly. */
const writings: readonly string[] = [
  `/api/v1/namespaces/default/../${hiddenNamespace}/secrets/answer`,
  `/api/v1/namespaces/default/%2e%2e/${hiddenNamespace}/secrets/answer`,
  `/api/v1/namespaces/default%2F..%2F${hiddenNamespace}/secrets/answer`,
  `/api/v1/namespaces/%64rillhouse-system/secrets/answer`,
  `/api/v1/namespaces//${hiddenNamespace}/secrets/answer`,
  `//api//v1//namespaces//${hiddenNamespace}//secrets//answer`,
  `/api/v1/namespaces/${hiddenNamespace}%00/secrets/answer`,
  `/api/v1/namespaces/${hiddenNamespace}/secrets/answer/`,
  `/api/v1/namespaces/${hiddenNamespace.toUpperCase()}/secrets/answer`,
  `/api/v1/watch/namespaces/${hiddenNamespace}/secrets`,
  `/api/v1/secrets?fieldSelector=metadata.namespace%3D${hiddenNamespace}`,
  `/api/v1/secrets?fieldSelector=metadata.name%3Danswer`,
  `${secrets}?limit=1&resourceVersion=0`,
  `${secrets}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  `/api/v1/secrets?watch=1&timeoutSeconds=1`,
  `/api/v1/proxy${secrets}/answer`,
  `/api/v1/nodes/node-1/proxy/pods`,
  `/api/v1/namespaces/default/services/https:kubernetes:443/proxy${secrets}/answer`,
  `/api/v1/namespaces/default/services/https:kubernetes:443/proxy/../../../../../../..${secrets}/answer`,
];

test.each(writings)('%s shows nothing of a hidden namespace', async (path) => {
  await operator.call('POST', secrets, { body: { metadata: { name: 'answer' }, stringData: { key: 'kept-to-ourselves' } } });
  const { code, text } = await admin.call('GET', path);
  expect(text).not.toMatch(/kept-to-ourselves|a2VwdC10by1vdXJzZWx2ZXM/);
  // Nor that there is something.
  const nowhere = await admin.call('GET', path.replaceAll(hiddenNamespace, 'drillhouse-nowhere'));
  expect(code).toBe(nowhere.code);
});

/** Who somebody pretends to be, as far as the API lets them. */
const pretences: readonly (readonly [string, Readonly<Record<string, string | readonly string[]>>])[] = [
  ['the operator', { 'impersonate-user': 'drillhouse', 'impersonate-group': 'drillhouse:operators' }],
  ['the operator among others', { 'impersonate-user': 'x', 'impersonate-group': ['system:masters', 'drillhouse:operators'] }],
  ['a master', { 'impersonate-user': 'x', 'impersonate-group': 'system:masters' }],
  ['the controller manager', { 'impersonate-user': 'system:kube-controller-manager' }],
  ['a node', { 'impersonate-user': 'system:node:node-1', 'impersonate-group': 'system:nodes' }],
  ['the API server', { 'impersonate-user': 'system:apiserver', 'impersonate-group': 'system:masters' }],
  ['a hidden account', { 'impersonate-user': `system:serviceaccount:${hiddenNamespace}:default` }],
  ['a member of hidden accounts', { 'impersonate-user': 'x', 'impersonate-group': `system:serviceaccounts:${hiddenNamespace}` }],
];

test.each(pretences)('whoever pretends to be %s sees nothing of it either', async (_, headers) => {
  await operator.call('POST', secrets, { body: { metadata: { name: 'answer' }, stringData: { key: 'kept-to-ourselves' } } });
  for (const path of [`${secrets}/answer`, secrets, '/api/v1/secrets', `/apis/${group}/v1/gales`, definitions]) {
    const { text } = await admin.call('GET', path, { headers });
    expect(text).not.toMatch(/a2VwdC10by1vdXJzZWx2ZXM|"name":"gales\.storms/);
  }
  const token = { spec: { audiences: [], expirationSeconds: 600 } };
  const asked = await admin.call('POST', `/api/v1/namespaces/${hiddenNamespace}/serviceaccounts/default/token`, { body: token, headers });
  expect(asked.code).toBeGreaterThanOrEqual(400);
});
