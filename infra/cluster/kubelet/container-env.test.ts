import { expect, test } from 'vitest';
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../meta/generated/types.ts';
import { containerEnv } from './container-env.ts';
import { containerSpec } from './container-config.ts';
import { expandVariables } from './expand.ts';
import { imageReferenceFault } from './image-reference.ts';
import { serviceEnv } from './service-env.ts';

const place = { podIp: '10.0.0.7', hostIp: '192.0.2.2', nodeName: 'node-1', allocatable: { cpu: '2', memory: '4Gi' } };
const references = {
  configMap: async (_namespace: string, name: string): Promise<ConfigMap | undefined> =>
    name === 'cm' ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1', b: '2' } } : undefined,
  secret: async (_namespace: string, name: string): Promise<Secret | undefined> =>
    name === 's'
      ? { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { key: Buffer.from('s3cret').toString('base64') } }
      : undefined,
};

function podOf(container: Partial<Container>, more: Partial<NonNullable<Pod['spec']>> = {}): { pod: Pod; container: Container } {
  const whole = { name: 'c', image: 'x', resources: { limits: { memory: '64Mi', cpu: '100m' } }, ...container };
  const metadata = { name: 'p', namespace: 'ns', uid: 'u', labels: { app: 'web', tier: 'gold' }, annotations: { note: 'hi' } };
  return {
    pod: { apiVersion: 'v1', kind: 'Pod', metadata, spec: { serviceAccountName: 'sa', containers: [whole], ...more } },
    container: whole,
  };
}
const envOf = async (container: Partial<Container>, base: Record<string, string> = {}): Promise<Record<string, string>> =>
  Object.fromEntries(await containerEnv({ ...podOf(container), place, base, references }));
const field = (fieldPath: string): EnvVar => ({ name: 'V', valueFrom: { fieldRef: { fieldPath } } });

test.each([
  ['plain $(A)', 'plain x'],
  ['$(NONE) stays', '$(NONE) stays'],
  ['$$(A) is not replaced, $$ is one dollar', '$(A) is not replaced, $ is one dollar'],
  ['$(A)$(A)', 'xx'],
  ['$ alone and $(unclosed', '$ alone and $(unclosed'],
])('expands %j to %j', (text, expected) => {
  expect(expandVariables(text, (name) => (name === 'A' ? 'x' : undefined))).toBe(expected);
});

test.each([
  ['metadata.name', 'p'],
  ['metadata.namespace', 'ns'],
  ['metadata.uid', 'u'],
  ["metadata.labels['app']", 'web'],
  ["metadata.annotations['none']", ''],
  ['metadata.labels', 'app="web"\ntier="gold"'],
  ['spec.nodeName', 'node-1'],
  ['spec.serviceAccountName', 'sa'],
  ['status.podIP', '10.0.0.7'],
  ['status.hostIP', '192.0.2.2'],
])('field %s is %j', async (path, expected) => {
  expect(await envOf({ env: [field(path)] })).toEqual({ V: expected });
});

test.each([
  ['limits.memory', undefined, '67108864'],
  ['limits.memory', '1Mi', '64'],
  ['limits.cpu', undefined, '1'],
  ['limits.cpu', '1m', '100'],
  ['requests.memory', undefined, '0'],
  ['limits.ephemeral-storage', undefined, '0'],
])('resource %s over %s is %s', async (resource, divisor, expected) => {
  const selector = { resource, ...(divisor === undefined ? {} : { divisor }) };
  expect(await envOf({ env: [{ name: 'V', valueFrom: { resourceFieldRef: selector } }] })).toEqual({ V: expected });
});

test('an unset limit reads as what the node can give', async () => {
  expect(await envOf({ resources: {}, env: [{ name: 'V', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } }] })).toEqual({
    V: String(4 * 1024 ** 3),
  });
});

test('later entries override earlier ones, and refer to them', async () => {
  const env = await envOf(
    {
      envFrom: [
        { configMapRef: { name: 'cm' } },
        { prefix: 'S_', secretRef: { name: 's' } },
        { configMapRef: { name: 'none', optional: true } },
      ],
      env: [
        { name: 'a', value: 'own' },
        { name: 'URL', value: 'http://$(HOST)/$(a)/$(S_key)' },
        { name: 'OPT', valueFrom: { secretKeyRef: { name: 'none', key: 'k', optional: true } } },
      ],
    },
    { HOST: 'box', a: 'base' },
  );
  expect(env).toEqual({ HOST: 'box', a: 'own', b: '2', S_key: 's3cret', URL: 'http://box/own/s3cret' });
});

test.each<[Partial<Container>, string]>([
  [{ env: [{ name: 'V', valueFrom: { secretKeyRef: { name: 'nope', key: 'k' } } }] }, 'secret "nope" not found'],
  [{ env: [{ name: 'V', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }, "couldn't find key k in Secret ns/s"],
  [{ env: [{ name: 'V', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k' } } }] }, 'configmap "nope" not found'],
  [{ env: [{ name: 'V', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }] }, "couldn't find key k in ConfigMap ns/cm"],
  [{ envFrom: [{ configMapRef: { name: 'nope' } }] }, 'configmap "nope" not found'],
  [{ envFrom: [{ secretRef: { name: 'nope' } }] }, 'secret "nope" not found'],
])('refuses %j with %j', async (container, message) => {
  await expect(envOf(container)).rejects.toThrow(message);
});

test('the variables of Services', () => {
  const service = (name: string, namespace: string, clusterIP: string, ports: NonNullable<Service['spec']>['ports']): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP, ...(ports === undefined ? {} : { ports }) },
  });
  const services = [
    service('kubernetes', 'default', '10.96.0.1', [{ name: 'https', port: 443, protocol: 'TCP' }]),
    service('my-db', 'ns', '10.96.0.9', [{ port: 5432, protocol: 'TCP' }]),
    service('headless', 'ns', 'None', [{ port: 1 }]),
    service('theirs', 'other', '10.96.0.8', [{ port: 1 }]),
  ];
  const master = {
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
  };
  expect(serviceEnv(services, 'ns', false)).toEqual(master);
  expect(serviceEnv(services, 'ns', true)).toEqual({
    ...master,
    MY_DB_SERVICE_HOST: '10.96.0.9',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_PORT: 'tcp://10.96.0.9:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.9:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.0.9',
  });
});

test.each([
  'base',
  'registry.lab/base:1.0',
  'localhost:5000/a/b_c/d:v1.2-x',
  'a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'nginx:latest',
])('%s is an image reference', (reference) => {
  expect(imageReferenceFault(reference)).toBeUndefined();
});

test.each(['', 'Upper:1', 'a b', 'a:', ':1', 'a//b', 'x'.repeat(600), '-a', 'a@sha256:short'])('%j is none', (reference) => {
  expect(imageReferenceFault(reference)).toMatch(/^couldn't parse image name ".*": invalid reference format/);
});

const image = { reference: 'x', id: 'sha256:1', sizeBytes: 1, user: '' };
const specOf = (container: Partial<Container>, more: Partial<NonNullable<Pod['spec']>> = {}, user = ''): ReturnType<typeof containerSpec> =>
  containerSpec({ ...podOf(container, more), attempt: 2, image: { ...image, user }, env: new Map([['A', 'x']]), mounts: [] });

test('what the runtime is asked to create', () => {
  const spec = specOf(
    {
      command: ['run', '$(A)'],
      args: ['$$(A)'],
      tty: true,
      resources: { limits: { memory: '64Mi', cpu: '250m' }, requests: { cpu: '0.1' } },
      securityContext: { runAsUser: 1000, readOnlyRootFilesystem: true, capabilities: { add: ['CAP_NET_ADMIN', 'CHOWN'] } },
    },
    { securityContext: { fsGroup: 2000, supplementalGroups: [3000, 2000] } },
  );
  expect(spec).toMatchObject({
    podUid: 'u',
    name: 'c',
    attempt: 2,
    command: ['run', 'x'],
    args: ['$(A)'],
    tty: true,
    stdin: false,
    memoryLimitBytes: 67108864,
    cpuLimitMilli: 250,
    cpuRequestMilli: 100,
    pidLimit: 256,
    user: { uid: 1000 },
    supplementalGroups: [2000, 3000],
    readOnlyRootFilesystem: true,
    addCapabilities: ['NET_ADMIN', 'CHOWN'],
  });
});

test.each<[Partial<Container>, string, string]>([
  [{ securityContext: { runAsNonRoot: true } }, '', 'container has runAsNonRoot and image will run as root (pod: "p_ns(u)", container: c)'],
  [
    { securityContext: { runAsNonRoot: true, runAsUser: 0 } },
    '',
    `container's runAsUser breaks non-root policy (pod: "p_ns(u)", container: c)`,
  ],
  [
    { securityContext: { runAsNonRoot: true } },
    'app',
    'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "p_ns(u)", container: c)',
  ],
])('refuses root: %j with image user %j', (container, user, message) => {
  expect(() => specOf(container, {}, user)).toThrow(message);
});
