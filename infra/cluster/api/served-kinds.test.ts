import { expect, it } from 'vitest';
import { useAdminPlane } from '../testing/admin-plane.ts';
import type { ApiAnswer } from '../testing/api-caller.ts';

const admin = useAdminPlane();

const tableOf = async (path: string): Promise<unknown[][]> => {
  const answer = await admin.caller.call('GET', path, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
  return answer.json<{ rows: { cells: unknown[] }[] }>().rows.map(({ cells }) => cells);
};
const create = (path: string, body: object): Promise<ApiAnswer> => admin.caller.call('POST', path, { body });

it('component statuses are asked for, with a warning, and never kept', async () => {
  const path = '/api/v1/componentstatuses';
  expect(await tableOf(path)).toEqual([
    ['scheduler', 'Healthy', 'ok', ''],
    ['controller-manager', 'Healthy', 'ok', ''],
    ['etcd-0', 'Healthy', 'ok', ''],
  ]);
  const one = await admin.caller.call('GET', `${path}/etcd-0`);
  expect(one.headers['warning']).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect(one.json()).toMatchObject({ kind: 'ComponentStatus', conditions: [{ type: 'Healthy', status: 'True' }] });
  expect((await admin.caller.call('GET', `${path}/none`)).code).toBe(404);
  const chosen = await admin.caller.call('GET', `${path}?fieldSelector=metadata.name%3Dscheduler`);
  expect(chosen.json<{ items: unknown[] }>().items).toHaveLength(1);
});

it('webhook configurations have defaults, columns and rules', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
  const webhook = {
    name: 'a.b.c',
    clientConfig: { service: { namespace: 'x', name: 'y' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  };
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'hooks' },
  };
  expect((await create(path, { ...configuration, webhooks: [webhook] })).json()).toMatchObject({
    metadata: { generation: 1 },
    webhooks: [{ failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10, clientConfig: { service: { port: 443 } } }],
  });
  expect(await tableOf(path)).toMatchObject([['hooks', 1, expect.any(String)]]);
  const refused = await create(path, {
    ...configuration,
    webhooks: [{ ...webhook, name: 'short', sideEffects: 'Some', timeoutSeconds: 99 }],
  });
  expect(refused.code).toBe(422);
  for (const field of ['name', 'sideEffects', 'timeoutSeconds']) expect(refused.text).toContain(`webhooks[0].${field}`);
});

const registration = '/apis/admissionregistration.k8s.io/v1';
it.each<[string, string, object]>([
  [`${registration}/validatingwebhookconfigurations`, 'ValidatingWebhookConfiguration', { webhooks: [{}] }],
  [
    `${registration}/mutatingwebhookconfigurations`,
    'MutatingWebhookConfiguration',
    { webhooks: [{ rules: [{}], clientConfig: { service: {} } }] },
  ],
  [`${registration}/validatingadmissionpolicies`, 'ValidatingAdmissionPolicy', {}],
  [
    `${registration}/validatingadmissionpolicies`,
    'ValidatingAdmissionPolicy',
    { spec: { paramKind: {}, matchConstraints: { resourceRules: [{}] }, validations: [{}], variables: [{}], matchConditions: [{}] } },
  ],
  [`${registration}/validatingadmissionpolicybindings`, 'ValidatingAdmissionPolicyBinding', { spec: { paramRef: {}, matchResources: {} } }],
  ['/apis/node.k8s.io/v1/runtimeclasses', 'RuntimeClass', {}],
  ['/apis/apiregistration.k8s.io/v1/apiservices', 'APIService', { spec: { service: {} } }],
])('what is left out of an object for %s (%s) is named', async (path, kind, rest) => {
  const [, , group = '', version = ''] = path.split('/');
  const refused = await create(path, { apiVersion: `${group}/${version}`, kind, metadata: { name: 'v1.empty' }, ...rest });
  expect(refused.code).toBe(422);
  expect(refused.text).toContain('Required value');
});

it('an APIService is local and available, or must be named after what it is for', async () => {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const entry = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService' };
  const spec = { group: 'x.example', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 };
  expect((await create(path, { ...entry, metadata: { name: 'v1.x.example' }, spec })).code).toBe(201);
  expect(await tableOf(`${path}/v1.x.example`)).toMatchObject([['v1.x.example', 'Local', 'True', expect.any(String)]]);
  expect((await create(path, { ...entry, metadata: { name: 'wrong' }, spec })).text).toContain('must be `spec.version+');
});

it('a DaemonSet’s template is counted in an annotation that only its changes move', async () => {
  const path = '/apis/apps/v1/namespaces/default/daemonsets';
  const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { app: 'd' } }, template },
  };
  const count = (answer: ApiAnswer): unknown =>
    answer.json<{ metadata: { annotations: Record<string, string> } }>().metadata.annotations['deprecated.daemonset.template.generation'];
  const patch = (body: object): Promise<ApiAnswer> =>
    admin.caller.call('PATCH', `${path}/d`, { body, headers: { 'content-type': 'application/strategic-merge-patch+json' } });
  expect(count(await create(path, set))).toBe('1');
  expect(count(await patch({ spec: { minReadySeconds: 3 } }))).toBe('1');
  expect(count(await patch({ metadata: { annotations: { 'deprecated.daemonset.template.generation': '9' } } }))).toBe('1');
  expect(count(await patch({ spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } } }))).toBe('2');
});
