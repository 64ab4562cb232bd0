import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ApiException, AuthorizationV1Api, CoreV1Api, KubeConfig, RbacAuthorizationV1Api, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenNamespace, startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';

let plane: BareControlPlane;
let admin: KubeConfig;
let operator: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  plane = await startBareControlPlane();
  admin = configOf(plane.kubeconfig('admin'));
  operator = configOf(plane.kubeconfig('operator'));
  core = admin.makeApiClient(CoreV1Api);
  writeFileSync(path.join(plane.folder, 'kubeconfig'), plane.kubeconfig('admin'));
});
afterAll(() => plane[Symbol.asyncDispose]());

function configOf(text: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
}

async function refusal(call: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApiException)) throw new Error(`expected a refusal, got ${String(error)}`);
  const body = (typeof error.body === 'string' ? JSON.parse(error.body) : error.body) as { reason: string; message: string } | undefined;
  // The client keeps no body for codes that its API description names, such as 401.
  return { code: error.code, reason: body?.reason ?? '', message: body?.message ?? '' };
}

const configMap = (name: string, data: Record<string, string> = {}): { metadata: { name: string }; data: Record<string, string> } => ({
  metadata: { name },
  data,
});

async function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: path.join(plane.folder, 'kubeconfig'), HOME: plane.folder };
  const result = await promisify(execFile)('kubectl', args, { env }).catch((error: unknown) => error as { stdout: string; stderr: string });
  return `${result.stdout}${result.stderr}`.trim();
}

describe('objects', () => {
  it('are created with identity, read, replaced and deleted', async () => {
    const created = await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('a', { k: 'v' }) });
    expect(created.metadata).toMatchObject({ name: 'a', namespace: 'default', uid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(created.metadata?.managedFields?.[0]?.fieldsV1).toEqual({ 'f:data': { '.': {}, 'f:k': {} } });
    const replaced = await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'a', body: { ...created, data: { k: 'w' } } });
    expect(Number(replaced.metadata?.resourceVersion)).toBeGreaterThan(Number(created.metadata?.resourceVersion));
    expect(
      await refusal(core.replaceNamespacedConfigMap({ namespace: 'default', name: 'a', body: { ...created, data: { k: 'x' } } })),
    ).toMatchObject({ code: 409, reason: 'Conflict' });
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'a' });
    expect(await refusal(core.readNamespacedConfigMap({ namespace: 'default', name: 'a' }))).toEqual({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "a" not found',
    });
  });

  it('keep their version when a write changes nothing', async () => {
    const created = await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('same', { k: 'v' }) });
    const again = await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'same', body: created });
    expect(again.metadata?.resourceVersion).toBe(created.metadata?.resourceVersion);
  });

  it('stay until their finalizers are off', async () => {
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'held', finalizers: ['example.com/hold'] } } });
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'held' });
    const held = await core.readNamespacedConfigMap({ namespace: 'default', name: 'held' });
    expect(held.metadata?.deletionTimestamp).toBeDefined();
    await core.replaceNamespacedConfigMap({
      namespace: 'default',
      name: 'held',
      body: { ...held, metadata: { ...held.metadata, finalizers: [] } },
    });
    expect((await refusal(core.readNamespacedConfigMap({ namespace: 'default', name: 'held' }))).code).toBe(404);
  });

  it('are listed in pages that add up', async () => {
    for (const name of ['p1', 'p2', 'p3']) await core.createNamespacedConfigMap({ namespace: 'kube-public', body: configMap(name) });
    const first = await core.listNamespacedConfigMap({ namespace: 'kube-public', limit: 2 });
    expect(first.metadata?.remainingItemCount).toBe(1);
    const second = await core.listNamespacedConfigMap({ namespace: 'kube-public', limit: 2, _continue: first.metadata?._continue ?? '' });
    expect([...first.items, ...second.items].map((item) => item.metadata?.name)).toEqual(['p1', 'p2', 'p3']);
  });

  it('are not written by a dry run', async () => {
    await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('dry'), dryRun: 'All' });
    expect((await refusal(core.readNamespacedConfigMap({ namespace: 'default', name: 'dry' }))).code).toBe(404);
  });
});

describe('watches', () => {
  it('tell of what begins to match, changes and ceases to match', async () => {
    const events: string[] = [];
    const stop = await new Watch(admin).watch(
      '/api/v1/namespaces/default/configmaps',
      { labelSelector: 'on=yes' },
      (type: string, object: { metadata: { name: string } }) => events.push(`${type} ${object.metadata.name}`),
      () => {},
    );
    const created = await core.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'w', labels: { on: 'yes' } } },
    });
    const changed = await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'w', body: { ...created, data: { a: 'b' } } });
    await core.replaceNamespacedConfigMap({
      namespace: 'default',
      name: 'w',
      body: { ...changed, metadata: { ...changed.metadata, labels: { on: 'no' } } },
    });
    await expect.poll(() => events).toEqual(['ADDED w', 'MODIFIED w', 'DELETED w']);
    stop.abort();
  });
});

describe('who may do what', () => {
  it('a service account may what its roles say', async () => {
    await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'robot' } } });
    const token = await core.createNamespacedServiceAccountToken({
      namespace: 'default',
      name: 'robot',
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    });
    const robot = configOf(plane.kubeconfig('admin'));
    robot.users = [{ name: 'robot', token: token.status?.token ?? '' }];
    robot.contexts = [{ name: 'default', cluster: 'default', user: 'robot' }];
    const asRobot = robot.makeApiClient(CoreV1Api);
    expect(await refusal(asRobot.listNamespacedSecret({ namespace: 'default' }))).toMatchObject({
      code: 403,
      message:
        'secrets is forbidden: User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default"',
    });
    const roles = admin.makeApiClient(RbacAuthorizationV1Api);
    await roles.createNamespacedRole({
      namespace: 'default',
      body: { metadata: { name: 'reader' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }] },
    });
    await roles.createNamespacedRoleBinding({
      namespace: 'default',
      body: {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
      },
    });
    expect((await asRobot.listNamespacedSecret({ namespace: 'default' })).items).toEqual([]);
    await core.deleteNamespacedServiceAccount({ namespace: 'default', name: 'robot' });
    expect((await refusal(asRobot.listNamespacedSecret({ namespace: 'default' }))).code).toBe(401);
  });

  it('nobody grants what they do not hold', async () => {
    const answer = await kubectl(
      'create',
      'clusterrolebinding',
      'up',
      '--clusterrole=cluster-admin',
      '--serviceaccount=default:default',
      '--as=jane',
      '--as-group=system:authenticated',
    );
    expect(answer).toContain('forbidden');
  });
});

describe('what is hidden', () => {
  it('is there for operators and for nobody else, on every path', async () => {
    const operatorCore = operator.makeApiClient(CoreV1Api);
    await operatorCore.createNamespacedSecret({
      namespace: hiddenNamespace,
      body: { metadata: { name: 'answer' }, stringData: { a: 'b' } },
    });
    expect((await operatorCore.readNamespacedSecret({ namespace: hiddenNamespace, name: 'answer' })).data).toEqual({ a: 'Yg==' });
    for (const call of [
      core.readNamespace({ name: hiddenNamespace }),
      core.readNamespacedSecret({ namespace: hiddenNamespace, name: 'answer' }),
      core.createNamespacedConfigMap({ namespace: hiddenNamespace, body: configMap('x') }),
      core.deleteNamespace({ name: hiddenNamespace }),
      core.replaceNamespacedSecret({ namespace: hiddenNamespace, name: 'answer', body: { metadata: { name: 'answer' } } }),
      core.deleteNamespacedSecret({ namespace: hiddenNamespace, name: 'answer' }),
    ]) {
      expect((await refusal(call)).code).toBe(404);
    }
    await core.deleteCollectionNamespacedSecret({ namespace: hiddenNamespace });
    expect((await operatorCore.readNamespacedSecret({ namespace: hiddenNamespace, name: 'answer' })).data).toEqual({ a: 'Yg==' });
    const seen = [
      ...(await core.listNamespacedSecret({ namespace: hiddenNamespace })).items,
      ...(await core.listSecretForAllNamespaces()).items,
      ...(await core.listNamespace()).items,
      ...(await core.listServiceAccountForAllNamespaces()).items,
    ];
    expect(seen.filter((object) => object.metadata?.namespace === hiddenNamespace || object.metadata?.name === hiddenNamespace)).toEqual(
      [],
    );
    expect(await kubectl('get', 'secrets', '-A')).not.toContain('answer');
    expect(await kubectl('get', 'ns')).not.toContain(hiddenNamespace);
    expect(await kubectl('get', 'secrets', '-n', hiddenNamespace, '--as=me', '--as-group=drillhouse:operators')).toContain('forbidden');
    expect(
      await kubectl('get', 'secrets', '-A', `--as=system:serviceaccount:${hiddenNamespace}:default`, '--as-group=system:masters'),
    ).toContain('forbidden');
    expect(await kubectl('create', 'clusterrolebinding', 'mine', '--clusterrole=cluster-admin', '--group=drillhouse:operators')).toContain(
      'forbidden',
    );
  });

  it('answers as a namespace that does not exist', async () => {
    await kubectl('create', 'serviceaccount', 'seeker');
    const answers = async (namespace: string): Promise<string[]> => {
      const said = [
        await kubectl('get', 'secrets', '-n', namespace),
        await kubectl('get', 'secret', 'answer', '-n', namespace),
        await kubectl('delete', 'secrets', '--all', '-n', namespace),
        await kubectl('delete', 'pod', 'p', '-n', namespace),
        await kubectl('create', 'configmap', 'x', '-n', namespace),
        await kubectl('get', 'ns', namespace),
        await kubectl('auth', 'can-i', 'get', 'secrets', '-n', namespace),
        await kubectl('auth', 'can-i', 'get', 'secrets', '-n', namespace, '--as=jane'),
        await kubectl('exec', 'p', '-n', namespace, '--', 'id'),
        await kubectl('logs', 'p', '-n', namespace),
        await kubectl('top', 'pods', '-n', namespace),
      ];
      return said.map((text) => text.replaceAll(namespace, 'NS'));
    };
    expect(await answers(hiddenNamespace)).toEqual(await answers('nowhere'));
  }, 60_000);

  it('gives reserved names away to nobody, taken or not', async () => {
    const said = await Promise.all(
      [hiddenNamespace, 'drillhouse-other'].map(async (name) => (await kubectl('create', 'ns', name)).replaceAll(name, 'NAME')),
    );
    expect(new Set(said)).toEqual(
      new Set(['Error from server (Forbidden): namespaces "NAME" is forbidden: names that begin with "drillhouse-" are reserved']),
    );
    expect(await kubectl('create', 'ns', 'drillhouses')).toBe('namespace/drillhouses created');
  });

  it('is not told about through reviews in an operator’s name', async () => {
    const reviews = admin.makeApiClient(AuthorizationV1Api);
    const review = async (namespace: string, groups: string[]): Promise<boolean | undefined> =>
      (
        await reviews.createSubjectAccessReview({
          body: { spec: { user: 'x', groups, resourceAttributes: { verb: 'get', resource: 'secrets', namespace } } },
        })
      ).status?.allowed;
    const groups = ['drillhouse:operators'];
    expect([await review(hiddenNamespace, groups), await review('nowhere', groups), await review('default', groups)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([await review(hiddenNamespace, ['system:masters']), await review('nowhere', ['system:masters'])]).toEqual([true, true]);
    const own = await operator.makeApiClient(AuthorizationV1Api).createSubjectAccessReview({
      body: { spec: { user: 'x', groups, resourceAttributes: { verb: 'get', resource: 'secrets', namespace: hiddenNamespace } } },
    });
    expect(own.status?.allowed).toBe(true);
  });
});

describe('bad input', () => {
  const send = async (
    method: string,
    url: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<{ code: number; text: string }> => {
    const { request } = await import('node:https');
    const user = admin.getCurrentUser();
    return new Promise((resolve, reject) => {
      const call = request(
        plane.url + url,
        {
          method,
          headers,
          ca: plane.authority,
          cert: Buffer.from(user?.certData ?? '', 'base64'),
          key: Buffer.from(user?.keyData ?? '', 'base64'),
        },
        (answer) => {
          let text = '';
          answer.on('data', (data: Buffer) => (text += data.toString()));
          answer.once('end', () => resolve({ code: answer.statusCode ?? 0, text }));
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  };

  it.each([
    ['POST', '/api/v1/namespaces/default/configmaps', '{', 400, 'BadRequest'],
    ['POST', '/api/v1/namespaces/default/configmaps', '[]', 400, 'BadRequest'],
    ['POST', '/api/v1/namespaces/default/configmaps?dryRun=Some', '{}', 400, 'BadRequest'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '{"spec":{}}', 422, 'Invalid'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', '{"spec":{"resourceAttributes":{}}}', 422, 'Invalid'],
    ['GET', '/api/v1/configmaps?labelSelector=%21%21', undefined, 400, 'BadRequest'],
    ['GET', '/api/v1/configmaps?fieldSelector=x%3Dy', undefined, 400, 'BadRequest'],
    ['GET', '/api/v1/configmaps?limit=many', undefined, 400, 'BadRequest'],
    ['GET', '/api/v1/configmaps?continue=garbage', undefined, 400, 'BadRequest'],
    ['GET', '/api/v1/configmaps?watch=1&resourceVersion=soon', undefined, 400, 'BadRequest'],
    ['GET', '/api/v1/configmaps?resourceVersion=999999999', undefined, 504, 'Timeout'],
    ['DELETE', '/api/v1/namespaces/default', undefined, 403, 'Forbidden'],
    ['PUT', '/api/v1/namespaces/default/configmaps', '{}', 405, 'MethodNotAllowed'],
    ['DELETE', '/api/v1/secrets', undefined, 405, 'MethodNotAllowed'],
    ['POST', '/api/v1/secrets', '{}', 405, 'MethodNotAllowed'],
    ['OPTIONS', '/api/v1/secrets', undefined, 405, 'MethodNotAllowed'],
    ['OPTIONS', '/api/v1/namespaces/default', undefined, 405, 'MethodNotAllowed'],
    ['GET', '/api/v1/widgets', undefined, 404, 'NotFound'],
    ['GET', '/api/v1/secrets/x', undefined, 404, 'NotFound'],
    ['GET', '/api/v1/namespaces/default/nodes', undefined, 404, 'NotFound'],
    ['GET', '/api/v1/namespaces/default/pods/x/widget', undefined, 404, 'NotFound'],
    ['GET', '/api/v1/namespaces/default/pods/x/exec?command=id', undefined, 404, 'NotFound'],
    ['POST', '/api/v1/namespaces/nowhere/configmaps', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}', 404, 'NotFound'],
  ])('%s %s of %j is refused with a Status', async (method, url, body, code, reason) => {
    const answer = await send(method, url, body, { 'content-type': 'application/json' });
    expect(answer.code).toBe(code);
    const text = JSON.parse(answer.text.split('\n')[0] ?? '') as { reason?: string; object?: { reason: string } };
    expect(text.reason ?? text.object?.reason).toBe(reason);
  });

  it.each(['/nope', '/apis/none.example.com/v1/widgets', '/apis/none.example.com/v1', '/openapi/v4', '/version/x', '/livez/nothing'])(
    'answers %s, which leads nowhere, with a Status',
    async (path) => {
      const { code, text } = await send('GET', path);
      expect([code, (JSON.parse(text) as { message: string }).message]).toEqual([404, 'the server could not find the requested resource']);
    },
  );

  it('refuses media types that it does not speak, and bodies past 3 MiB', async () => {
    expect((await send('PATCH', '/api/v1/namespaces/default/configmaps/x', '{}', { 'content-type': 'text/plain' })).code).toBe(415);
    expect((await send('GET', '/api/v1/configmaps', undefined, { accept: 'text/html' })).code).toBe(406);
    expect(
      (await send('POST', '/api/v1/namespaces/default/configmaps', ' '.repeat(3_200_000), { 'content-type': 'application/json' })).code,
    ).toBe(413);
  });
});

describe('kubectl', () => {
  it('discovers, explains, applies, patches and deletes', async () => {
    expect(await kubectl('api-resources', '--api-group=apps', '--no-headers')).toContain('deployments');
    expect(await kubectl('explain', 'pod.spec.restartPolicy')).toContain('Restart policy for all containers within the pod');
    expect(await kubectl('create', 'configmap', 'k', '--from-literal=a=b')).toBe('configmap/k created');
    expect(await kubectl('create', 'deployment', 'd', '--image=registry.lab/base:1.0', '--replicas=2')).toBe('deployment.apps/d created');
    expect(await kubectl('scale', 'deployment/d', '--replicas=0')).toBe('deployment.apps/d scaled');
    expect(await kubectl('get', 'deploy', 'd', '--no-headers')).toMatch(/^d\s+0\/0/);
    expect(await kubectl('label', 'configmap', 'k', 'x=y')).toBe('configmap/k labeled');
    expect(await kubectl('get', 'cm', 'k', '--show-labels', '--no-headers')).toMatch(/x=y$/);
    expect(await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe('kubernetes-admin');
    expect(await kubectl('delete', 'cm/k', 'deploy/d', '--wait=false')).toContain('deleted');
  }, 60_000);
});
