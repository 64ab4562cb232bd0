import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureKubectl, ensureNewestKubectl } from '../../infra/setup/kubectl.ts';
import { minorOf } from '../support/cluster-program.ts';
import { KubectlCluster } from './kubectl.ts';

let cluster: KubectlCluster;

beforeAll(async () => {
  cluster = await KubectlCluster.start();
}, 120_000);

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

const [oldest, newest] = await Promise.all([ensureKubectl(), ensureNewestKubectl()]);
const clients = [...new Set([oldest, newest])].map((kubectl) => ({ kubectl, minor: minorOf(kubectl) }));

const configMap = (name: string, data: object, labels?: object): string =>
  `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data })}\n`;

/** What Kubernetes' own command-line suites look at beyond the transcripts: apply, get, patch, delete, auth, certificates, discovery, proxy. */
describe.each(clients)('kubectl 1.$minor', ({ kubectl, minor }) => {
  let namespace: string;
  let count = 0;

  beforeEach(async () => {
    namespace = `api-${minor}-${(count += 1)}`;
    await run('create', 'namespace', namespace);
  });

  /** In the test's own namespace, which must work. */
  async function run(...args: string[]): Promise<string> {
    const { code, output } = await cluster.run(kubectl, ['--namespace', namespace, ...args]);
    expect(code, `kubectl ${args.join(' ')}: ${output}`).toBe(0);
    return output;
  }

  async function apply(input: string, ...args: string[]): Promise<string> {
    const { code, output } = await cluster.run(kubectl, ['--namespace', namespace, ...args, '-f', '-'], { input });
    expect(code, output).toBe(0);
    return output;
  }

  async function refused(input: string, ...args: string[]): Promise<string> {
    const { code, output } = await cluster.run(kubectl, ['--namespace', namespace, ...args], { input });
    expect(code, output).not.toBe(0);
    return output;
  }

  it('applies on the server: owners, conflicts field by field, force, and who wrote what otherwise', async () => {
    const first = configMap('c', { k: 'v', l: 'w' });
    const second = configMap('c', { k: 'v2', l: 'w' });
    expect(await apply(first, 'apply', '--server-side')).toBe('configmap/c serverside-applied');
    const other = ['apply', '--server-side', '--field-manager=other', '-f', '-'];
    expect(await refused(second, ...other)).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.k');
    await apply(second, 'apply', '--server-side', '--field-manager=other', '--force-conflicts');
    await run('label', 'configmap', 'c', 'x=y');
    await run('annotate', 'configmap', 'c', 'z=1');
    await run('patch', 'configmap', 'c', '--type=merge', '-p', '{"data":{"m":"1"}}');
    const owners = await run(
      ...['get', 'configmap', 'c', '--show-managed-fields', '-o'],
      'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation} {.fieldsV1.f:data}{"\\n"}{end}',
    );
    expect(owners.split('\n').sort()).toEqual([
      'kubectl Apply {"f:l":{}}',
      'kubectl-annotate Update ',
      'kubectl-label Update ',
      'kubectl-patch Update {"f:m":{}}',
      'other Apply {"f:k":{},"f:l":{}}',
    ]);
  });

  it('leaves nothing behind a dry run, on either side', async () => {
    await apply(configMap('dry', {}), 'apply', '--dry-run=client');
    expect(await apply(configMap('dry', {}), 'create', '--dry-run=server')).toBe('configmap/dry created (server dry run)');
    await apply(configMap('dry', {}), 'apply', '--server-side', '--dry-run=server');
    expect(await refused('', 'get', 'configmap', 'dry')).toContain('configmaps "dry" not found');
    await run('create', 'configmap', 'kept', '--from-literal=a=b');
    const version = await run('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.resourceVersion}');
    await run('delete', 'configmap', 'kept', '--dry-run=server');
    await run('patch', 'configmap', 'kept', '--dry-run=server', '-p', '{"data":{"a":"c"}}');
    expect(await run('get', 'configmap', 'kept', '-o', 'jsonpath={.metadata.resourceVersion}')).toBe(version);
  });

  it('is strict, warns or looks away as asked', async () => {
    const odd = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd' }, dat: {} });
    const create = ['create', '--dry-run=server', '-f', '-'];
    expect(await refused(odd, ...create, '--validate=strict')).toContain('strict decoding error: unknown field "dat"');
    expect(await apply(odd, 'create', '--dry-run=server', '--validate=warn')).toContain('Warning: unknown field "dat"');
    expect(await apply(odd, 'create', '--dry-run=server', '--validate=ignore')).toBe('configmap/odd created (server dry run)');
    expect(await refused(odd, 'apply', '--server-side', '-f', '-', '--validate=ignore')).toContain('.dat: field not declared in schema');
  });

  it('prunes what an apply leaves out, by label and by set', async () => {
    const labelled = (name: string): string => configMap(name, {}, { group: 'g' });
    await apply(labelled('a') + labelled('b'), 'apply', '--prune', '-l', 'group=g');
    expect(await apply(labelled('a'), 'apply', '--prune', '-l', 'group=g')).toContain('configmap/b pruned');
    expect(await run('get', 'configmap', '-l', 'group=g', '-o', 'name')).toBe('configmap/a');
    process.env['KUBECTL_APPLYSET'] = 'true';
    await apply(configMap('x', {}) + configMap('y', {}), 'apply', '--prune', '--applyset=set');
    expect(await apply(configMap('x', {}), 'apply', '--prune', '--applyset=set')).toContain('configmap/y pruned');
    delete process.env['KUBECTL_APPLYSET'];
  });

  it('builds, compares and takes away what a kustomization says', async () => {
    const folder = path.join(cluster.folder, namespace);
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, 'kustomization.yaml'),
      'nameSuffix: -x\nconfigMapGenerator:\n- {name: gen, literals: [a=b]}\nresources: [d.yaml]\n',
    );
    const deployment = (replicas: number): string =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'dep' },
        spec: {
          replicas,
          selector: { matchLabels: { app: 'dep' } },
          template: { metadata: { labels: { app: 'dep' } }, spec: { containers: [{ name: 'c', image: 'none.invalid/x:1' }] } },
        },
      });
    writeFileSync(path.join(folder, 'd.yaml'), deployment(1));
    await run('apply', '-k', folder);
    await run('diff', '-k', folder);
    writeFileSync(path.join(folder, 'd.yaml'), deployment(0));
    expect(await refused('', 'diff', '-k', folder)).toMatch(/^-\s+replicas: 1\n\+\s+replicas: 0$/m);
    // Left without their owner, then taken with it.
    await expect.poll(() => run('get', 'rs', '-o', 'name')).toContain('replicaset.apps/dep-x');
    await run('delete', 'deployment', 'dep-x', '--cascade=orphan');
    await expect.poll(() => run('get', 'rs', '-o', 'jsonpath={.items[*].metadata.ownerReferences}')).toBe('');
    await run('delete', 'rs', '--all', '--cascade=foreground');
    await expect.poll(() => run('get', 'pods', '--ignore-not-found', '-o', 'name'), { timeout: 30_000 }).toBe('');
  });

  it('keeps what has finalizers until they are gone, and lets none be added meanwhile', async () => {
    await run('create', 'configmap', 'held');
    await run('patch', 'configmap', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":["a.io/b"]}}');
    await run('delete', 'configmap', 'held', '--wait=false');
    expect(
      await refused('', 'patch', 'configmap', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":["a.io/b","c.io/d"]}}'),
    ).toContain('no new finalizers can be added if the object is being deleted, found new finalizers []string{"c.io/d"}');
    await run('patch', 'configmap', 'held', '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]');
    expect(await run('get', 'configmap', 'held', '--ignore-not-found')).toBe('');
  });

  it('selects by labels and fields in all their forms, and shows what was selected in all its', async () => {
    for (const [name, labels] of [
      ['s1', 'env=prod tier=a'],
      ['s2', 'env=dev'],
      ['s3', ''],
    ] as const) {
      await run('create', 'configmap', name);
      if (labels !== '') await run('label', 'configmap', name, ...labels.split(' '));
    }
    const names = async (...args: string[]): Promise<string> =>
      (await run('get', 'configmap', '-o', 'jsonpath={.items[*].metadata.name}', ...args)).replace(/ ?kube-root-ca.crt/, '').trim();
    expect(await names('-l', 'env')).toBe('s1 s2');
    expect(await names('-l', '!env')).toBe('s3');
    expect(await names('-l', 'env in (prod,dev),tier')).toBe('s1');
    expect(await names('-l', 'env notin (prod)')).toBe('s2 s3');
    expect(await names('--field-selector', 'metadata.name!=s1,metadata.name!=s2')).toBe('s3');
    expect(await names('--chunk-size=1', '--sort-by=.metadata.name')).toBe('s1 s2 s3');
    expect(await refused('', 'get', 'configmap', '--field-selector', 'data.x=y')).toContain('"data.x" is not a known field selector');
    expect(
      await run('get', 'configmap', 's1', '-o', 'custom-columns=N:.metadata.name,E:.metadata.labels.env,X:.no', '--no-headers'),
    ).toMatch(/^s1\s+prod\s+<none>$/);
    expect(await run('get', 'clusterroles', '--chunk-size=10', '-v=6')).toMatch(/clusterroles\?limit=10.*200[^]*clusterroles\?continue=/);
    const watched = await cluster.run(kubectl, [
      '--namespace',
      namespace,
      'get',
      'configmap',
      's1',
      '-o',
      'name',
      '-w',
      '--request-timeout=1s',
    ]);
    expect(watched.output).toContain('configmap/s1');
  });

  it('certifies a key that was approved, and knows its holder by it', async () => {
    x509.cryptoProvider.set(webcrypto as never);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const name = [{ O: ['builders'] }, { CN: ['jane'] }];
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
    const object = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: namespace },
      spec: {
        request: Buffer.from(request.toString('pem')).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    };
    await apply(JSON.stringify(object), 'create');
    expect(await run('get', 'csr', namespace, '--no-headers')).toMatch(/kubernetes-admin\s+<none>\s+Pending$/);
    await run('certificate', 'approve', namespace);
    await expect.poll(() => run('get', 'csr', namespace, '--no-headers')).toMatch(/Approved,Issued$/);
    const certificate = await run('get', 'csr', namespace, '-o', 'jsonpath={.status.certificate}');
    const files = ['jane.crt', 'jane.key'].map((file) => path.join(cluster.folder, `${minor}-${file}`)) as [string, string];
    writeFileSync(files[0], Buffer.from(certificate, 'base64'));
    writeFileSync(files[1], x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'), {
      mode: 0o600,
    });
    await run('config', 'set-credentials', 'jane', `--client-certificate=${files[0]}`, `--client-key=${files[1]}`);
    expect(await run('--user=jane', 'auth', 'whoami')).toMatch(/Username\s+jane\nGroups\s+\[builders system:authenticated\]/);
    expect(await refused('', '--user=jane', 'get', 'pods')).toContain('User "jane" cannot list resource "pods"');
    await run('delete', 'csr', namespace);
  });

  it('answers who may what, for oneself and for others', async () => {
    expect(await run('auth', 'can-i', '*', '*')).toContain('yes');
    expect(await refused('', 'auth', 'can-i', 'create', 'pods', '--as=jane')).toBe('no');
    expect(await refused('', 'get', 'pods', '--as-group=foo')).toContain('without impersonating a user');
    expect(await run('auth', 'whoami', '--as=jane', '--as-group=g', '-o', 'jsonpath={.status.userInfo.groups}')).toBe(
      '["g","system:authenticated"]',
    );
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    };
    expect(await apply(JSON.stringify(role), 'auth', 'reconcile')).toContain('role.rbac.authorization.k8s.io/reader reconciled');
    await run('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=' + namespace + ':default');
    const account = `--as=system:serviceaccount:${namespace}:default`;
    expect(await run('auth', 'can-i', 'get', 'pods', account)).toBe('yes');
    expect(await refused('', 'auth', 'can-i', 'list', 'pods', account)).toBe('no');
    expect(await refused('', 'create', 'token', 'default', '--duration=1s')).toContain('may not specify a duration less than 10 minutes');
  });

  it('serves a definition that comes back with another scope', async () => {
    const group = `s${minor}.example.com`;
    const definition = (scope: string): string =>
      JSON.stringify({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `examples.${group}` },
        spec: {
          group,
          scope,
          names: { plural: 'examples', kind: 'Example', shortNames: ['pod'] },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object', properties: { test: { type: 'string' } } } },
            },
          ],
        },
      });
    const example = JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Example', metadata: { name: 'one' }, test: 'x' });
    await apply(definition('Cluster'), 'apply');
    await run('wait', '--for=condition=Established', 'crd', `examples.${group}`);
    await apply(example, 'apply');
    expect(await run('get', `examples.${group}`, '-o', 'name')).toBe(`example.${group}/one`);
    await apply(definition('Cluster'), 'delete');
    await run('api-resources');
    await apply(definition('Namespaced'), 'apply');
    await run('wait', '--for=condition=Established', 'crd', `examples.${group}`);
    expect(await run('get', `examples.${group}`, '-A', '--ignore-not-found')).toMatch(/^(No resources found)?$/);
    await run('api-resources');
    await apply(example, 'apply');
    expect(await run('get', `examples.${group}`, '-o', 'jsonpath={.items[0].metadata.namespace}')).toBe(namespace);
    // A short name that is taken stays who had it.
    expect(await run('get', 'pod')).toContain(`No resources found in ${namespace} namespace.`);
    await apply(definition('Namespaced'), 'delete');
  });

  it('explains from both versions of the documents', async () => {
    expect(await run('explain', 'cronjob.spec.schedule')).toContain('The schedule in Cron format');
    expect(await run('explain', 'cronjob.spec.schedule', '--output=plaintext-openapiv2')).toContain('The schedule in Cron format');
    expect(await run('explain', 'pods', '--recursive', '--output=plaintext-openapiv2')).toMatch(/containers\t<\[\]Object>/);
    expect(await refused('', 'explain', 'pod.nope')).toContain('field "nope" does not exist');
  });

  it('proxies, and shows documents as they are', async () => {
    await using proxy = await cluster.background(kubectl, ['proxy', '--port=0']);
    const base = `http://${/127\.0\.0\.1:\d+/.exec(proxy.output)?.[0] ?? ''}`;
    const ask = (at: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${base}${at}`, { headers: { connection: 'close', ...headers } });
    const codes = await Promise.all(
      ['/api/kubernetes', '/api/v1/namespaces', '/metrics', '/apis', '/apis/apps/', '/nope'].map(async (at) => (await ask(at)).status),
    );
    expect(codes).toEqual([404, 200, 200, 200, 200, 404]);
    expect(await (await ask('/api/v1/namespaces/default', { accept: 'application/yaml' })).text()).toMatch(
      /^apiVersion: v1\nkind: Namespace\n/,
    );
    expect(await (await ask('/api/v1/namespaces/default', { 'user-agent': 'curl/8.0' })).text()).toMatch(/^\{\n {2}"kind": "Namespace",\n/);
    const swagger = await ask('/openapi/v2');
    const etag = swagger.headers.get('etag') ?? '';
    expect((await swagger.json()) as object).toMatchObject({ swagger: '2.0', definitions: { 'io.k8s.api.core.v1.ServiceList': {} } });
    expect((await ask('/openapi/v2', { 'if-none-match': etag })).status).toBe(304);
    expect(await run('get', '--raw', '/readyz?verbose')).toMatch(/^\[\+\]ping ok\n[^]*readyz check passed$/);
    expect(await refused('', 'get', '--raw', '/nope')).toBe(
      'Error from server (NotFound): the server could not find the requested resource',
    );
  });
});
