import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiCaller } from '../testing/api-caller.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { clientCredentials } from '../testing/client-credentials.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
/** Far below what any of these would take if it were let. */
const PATIENCE_MS = 10_000;
const ROOM_BYTES = 200 * 2 ** 20;

let plane: BareControlPlane;
let admin: ApiCaller;

beforeAll(async () => {
  plane = await startBareControlPlane();
  admin = new ApiCaller(plane, 'admin');
});
afterAll(async () => {
  admin[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

const applied = { 'content-type': 'application/apply-patch+yaml' };
const wide = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const deep = (depth: number): string => `{"metadata":{"name":"deep"},"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const aliases = Array.from({ length: 12 }, (_, index) => `  a${index}: &a${index} [${`*a${index - 1}, `.repeat(10)}]`);
const billion = ['metadata: {name: b}', 'data:', '  a: &a-1 x', ...aliases].join('\n');
const doubling = [
  { op: 'add', path: '/metadata/annotations', value: { a: 'x'.repeat(10_000) } },
  ...Array.from({ length: 200 }, (_, index) => ({ op: 'copy', from: '/metadata', path: `/metadata/annotations/n${index}` })),
];

describe('a body that is meant to do harm', () => {
  it.each<[string, string, string, string | Buffer, Readonly<Record<string, string>>]>([
    ['a bomb of gzip', 'POST', configMaps, gzipSync(Buffer.alloc(500 * 2 ** 20)), { 'content-encoding': 'gzip' }],
    ['objects in objects', 'POST', configMaps, wide(200_000), {}],
    ['lists in lists', 'POST', configMaps, deep(500_000), {}],
    [
      'lists in lists, as a patch',
      'PATCH',
      `${configMaps}/kube-root-ca.crt`,
      deep(500_000),
      { 'content-type': 'application/merge-patch+json' },
    ],
    ['lists in lists, applied', 'PATCH', `${configMaps}/x?fieldManager=m`, deep(500_000), applied],
    ['lists in lists, applied as YAML', 'PATCH', `${configMaps}/x?fieldManager=m`, `# \n${deep(5_000)}`, applied],
    ['mappings in mappings, as YAML', 'POST', configMaps, `a:\n${'- '.repeat(100_000)}`, { 'content-type': 'application/yaml' }],
    ['tags upon tags', 'POST', configMaps, `a: ${'!x '.repeat(200_000)}`, { 'content-type': 'application/yaml' }],
    ['aliases of aliases', 'POST', configMaps, billion, { 'content-type': 'application/yaml' }],
    [
      'copies of copies',
      'PATCH',
      '/api/v1/namespaces/default',
      JSON.stringify(doubling),
      { 'content-type': 'application/json-patch+json' },
    ],
    ['CBOR without an end', 'POST', configMaps, Buffer.alloc(1_000_000, 0x9f), { 'content-type': 'application/cbor' }],
    ['protobuf in protobuf', 'POST', configMaps, nestedProtobuf(100_000), { 'content-type': 'application/vnd.kubernetes.protobuf' }],
    ['more than a request may hold', 'POST', configMaps, Buffer.alloc(8 * 2 ** 20, 0x20), {}],
  ])('%s is refused soon, in words, and takes no room', async (_, method, path, body, headers) => {
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    const answer = await admin.call(method, path, { body, headers }).catch((error: unknown) => ({ code: 413, text: String(error) }));
    expect(answer.code, answer.text.slice(0, 300)).toBeGreaterThanOrEqual(400);
    expect(answer.code, answer.text.slice(0, 300)).toBeLessThan(500);
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    expect(process.memoryUsage().rss - before).toBeLessThan(ROOM_BYTES);
  });

  it('a pattern that takes for ever is not waited for', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'traps.lab.test' },
      spec: {
        group: 'lab.test',
        scope: 'Namespaced',
        names: { plural: 'traps', kind: 'Trap' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  slow: { type: 'string', pattern: '^(a+)+$' },
                  rule: { type: 'string', 'x-kubernetes-validations': [{ rule: "self.matches('^(a+)+$')" }] },
                },
              },
            },
          },
        ],
      },
    };
    expect((await admin.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition })).code).toBe(201);
    const traps = '/apis/lab.test/v1/namespaces/default/traps';
    await expect.poll(async () => (await admin.call('GET', traps)).code).toBe(200);
    for (const field of ['slow', 'rule']) {
      const startedAt = performance.now();
      const body = { apiVersion: 'lab.test/v1', kind: 'Trap', metadata: { generateName: 'trap-' }, [field]: `${'a'.repeat(60)}!` };
      expect((await admin.call('POST', traps, { body })).code, field).toBeGreaterThanOrEqual(400);
      expect(performance.now() - startedAt, field).toBeLessThan(PATIENCE_MS);
    }
  });
});

describe('a client with much to say', () => {
  it('may put 40 kB into a URL, as an exec of a long script does', async () => {
    const { code } = await admin.call('GET', `/api/v1/namespaces?fieldSelector=metadata.name%3D${'x'.repeat(40_000)}`);
    expect(code).toBe(200);
  });
});

describe('a client that is meant to do harm', () => {
  it('with a head that does not end is hung up on', async () => {
    const socket = await openTls();
    socket.write('GET /version HTTP/1.1\r\nhost: x\r\n');
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    for (let line = 0; line < 100; line += 1) socket.write(`x-${line}: ${'y'.repeat(1_000)}\r\n`);
    expect((await answered)[0].toString()).toMatch(/^HTTP\/1.1 4\d\d /);
    socket.resume();
    await once(socket, 'close');
  });

  it('that sends a letter at a time, or nothing at all, in hundreds, keeps nobody else waiting', async () => {
    const { port } = new URL(plane.url);
    const silent = Array.from({ length: 150 }, () => connectTcp({ host: '127.0.0.1', port: Number(port) }).on('error', () => undefined));
    const slow = await Promise.all(Array.from({ length: 150 }, () => openTls()));
    for (const socket of slow)
      socket.write('POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{');
    const startedAt = performance.now();
    for (let count = 0; count < 20; count += 1) expect((await admin.call('GET', '/version')).code).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    for (const socket of [...silent, ...slow]) socket.destroy();
  });
});

async function openTls(): Promise<Socket> {
  const { port } = new URL(plane.url);
  const socket = connectTls({ ...clientCredentials(plane.kubeconfig('admin')), host: '127.0.0.1', port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** The envelope of Kubernetes' protobuf with a message in which every field holds another one. */
function nestedProtobuf(depth: number): Buffer {
  const parts: Buffer[] = [];
  for (let level = 0, bytes = 0; level < depth; level += 1) {
    const head = Buffer.concat([Buffer.from([0x0a]), varint(bytes)]);
    parts.push(head);
    bytes += head.length;
  }
  const inner = Buffer.concat(parts.reverse());
  const typeMeta = Buffer.concat([Buffer.from([0x0a, 2]), Buffer.from('v1'), Buffer.from([0x12, 9]), Buffer.from('ConfigMap')]);
  const unknown = [Buffer.from([0x0a]), varint(typeMeta.length), typeMeta, Buffer.from([0x12]), varint(inner.length), inner];
  return Buffer.concat([Buffer.from('k8s\0', 'latin1'), ...unknown]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
