import { once } from 'node:events';
import https from 'node:https';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ExecSession } from '../../runtime/runtime.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { parseYaml } from '../meta/yaml-text.ts';
import { startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { clientCredentials, type ClientCredentials } from '../testing/client-credentials.ts';
import { randomRequest, type FuzzRequest } from '../testing/fuzz-requests.ts';
import { Random } from '../testing/random.ts';
import { dataFrame, pingFrame, resetFrame, synStreamFrame } from './spdy/frames.ts';

/** Longer runs and other seeds find more: FUZZ_SECONDS=600 FUZZ_SEED=$RANDOM. */
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 8);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const LANES = 8;
/** Enough to begin with. */
const MAX_FAULTS = 20;

let plane: BareControlPlane;
let credentials: ClientCredentials;
let echo: Server;
let openSessions = 0;
const dialled = new Set<Socket>();

beforeAll(async () => {
  plane = await startBareControlPlane();
  credentials = clientCredentials(plane.kubeconfig('admin'));
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const kubelet: Partial<KubeletEndpoint> = {
    exec: async () => startSession(),
    attach: async () => startSession(),
    forward: (_pod, port, signal) => dial(port, signal),
    logs: async () => (async function* () {})(),
    stats: async () => [],
  };
  plane.plane.setKubelet(kubelet as KubeletEndpoint);
  // One that the requests may do anything to, and one out of their reach for the streams.
  await createPod('default');
  const client = plane.plane.clientFor('test');
  await client.create(
    { group: '', version: 'v1', resource: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'streams' } },
  );
  await client.create(
    { group: '', version: 'v1', resource: 'serviceaccounts' },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'streams' } },
  );
  await createPod('streams');
});

afterAll(async () => {
  echo.close();
  await plane[Symbol.asyncDispose]();
});

async function createPod(namespace: string): Promise<void> {
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
  const pod: KubeObject & { readonly spec: object } = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'target', namespace }, spec };
  await plane.plane.clientFor('test').create({ group: '', version: 'v1', resource: 'pods' }, pod);
}

/** Echoes its input, and ends when that does. */
function startSession(): ExecSession {
  openSessions += 1;
  let isOpen = true;
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stderr.end();
  stdin.pipe(stdout);
  const exited = new Promise<{ exitCode: number }>((resolve) => stdout.once('close', () => resolve({ exitCode: 0 })));
  return {
    stdin,
    stdout,
    stderr,
    exited,
    resize: () => Promise.reject(new Error('no terminal')),
    async [Symbol.asyncDispose]() {
      if (isOpen) openSessions -= 1;
      isOpen = false;
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
    },
  };
}

async function dial(port: number, signal?: AbortSignal): Promise<Socket> {
  if (port % 2 === 1) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const socket = connect({
    port: (echo.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
    ...(signal === undefined ? {} : { signal }),
  });
  dialled.add(socket);
  socket.once('close', () => dialled.delete(socket));
  await once(socket, 'connect');
  return socket;
}

/** What the process holds on to: sockets, servers and timers by kind. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (/TCP|TLS|Timeout|Zlib/i.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function expectNothingLeft(before: Record<string, number>): Promise<void> {
  // Within the five seconds that a connection is given to say good-bye.
  await expect.poll(() => ({ openSessions, dialled: dialled.size }), { timeout: 15_000 }).toEqual({ openSessions: 0, dialled: 0 });
  await expect
    .poll(() => Object.entries(handles()).filter(([kind, count]) => count > (before[kind] ?? 0)), { timeout: 15_000, interval: 100 })
    .toEqual([]);
}

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly text: string;
}

function send({ method, path, headers, body }: FuzzRequest, agent: https.Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(plane.url + path, { method, headers: headers as Record<string, string>, agent }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({
          code: answer.statusCode ?? 0,
          type: answer.headers['content-type'] ?? '',
          text: Buffer.from(text, 'latin1').toString('utf8'),
        }),
      );
      // A watch is asked once and left.
      if (path.includes('watch=')) setTimeout(() => request.destroy(), 20).unref();
    });
    request.once('close', () => resolve({ code: 0, type: '', text: '' }));
    request.once('error', reject);
    request.setTimeout(30_000, () => request.destroy(new Error('no answer')));
    request.end(body);
  });
}

/** What is wrong with an answer, in words; nothing when it is as it should be. */
function faultOf({ code, type, text }: Answer, method: string): string | undefined {
  if (method === 'HEAD' || code === 0) return undefined;
  if (code < 400) return unreadable(type, text);
  // Kubernetes itself answers so, without a reason, where an applied configuration does not fit its type.
  if (code === 500 && text.includes('"message":"failed to create typed patch object')) return undefined;
  if (code === 504 && /"?reason"?: ?"?ResourceVersionTooLarge\b/.test(text)) return undefined;
  if (code >= 500 && code !== 503) return `${code} ${text.slice(0, 500)}`;
  if (type !== 'application/json' && type !== 'application/yaml') return `${code} of type ${type}: ${text.slice(0, 200)}`;
  const status = (type === 'application/yaml' ? parseYaml(text).value : JSON.parse(text)) as Record<string, unknown>;
  const isStatus =
    status['kind'] === 'Status' && status['code'] === code && typeof status['reason'] === 'string' && typeof status['message'] === 'string';
  return isStatus ? undefined : `no Status: ${code} ${text.slice(0, 200)}`;
}

/** Whether an answer is not of the form that it says. A watch is many lines, or none yet. */
function unreadable(type: string, text: string): string | undefined {
  try {
    if (type === 'application/yaml') parseYaml(text);
    else if (type === 'application/json' && text !== '' && !text.startsWith('{"type":"')) JSON.parse(text);
    return undefined;
  } catch (error) {
    return `no ${type}: ${String(error)} in ${text.slice(0, 200)}`;
  }
}

/** What the generator's requests are answered with, the rare ones among them. */
const expectedCodes = [200, 201, 400, 404, 405, 409, 415, 422];
const EXTRA_MS = 30_000;

describe('whatever is sent', () => {
  it(
    'requests are answered with what was asked or a Status, and leave nothing behind',
    async () => {
      const before = handles();
      const agent = new https.Agent({ ...credentials, keepAlive: true, maxSockets: LANES });
      const endMs = Date.now() + seconds * 1_000;
      const codes = new Map<number, number>();
      let binaryCreated = 0;
      const faults = new Map<string, string>();
      // A busy machine gets fewer answers in the time, so that it gets more time for the rare ones.
      const isUnfinished = (): boolean =>
        Date.now() < endMs || (Date.now() < endMs + EXTRA_MS && expectedCodes.some((code) => !codes.has(code)));
      const lane = async (random: Random): Promise<void> => {
        let again: FuzzRequest | undefined;
        while (isUnfinished() && faults.size < MAX_FAULTS) {
          const request = again ?? randomRequest(random);
          const shown = `${request.method} ${request.path} ${JSON.stringify(request.headers)} ${request.body?.toString('utf8').slice(0, 2_000) ?? ''}`;
          const answer = await send(request, agent).catch((error: unknown) => ({ code: 0, type: '', text: '', error }));
          const fault = 'error' in answer && !request.path.includes('watch=') ? String(answer.error) : faultOf(answer, request.method);
          if (fault !== undefined) faults.set(fault, shown);
          codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
          // Some of what was made is asked for again: by chance alone too few would meet one of their own.
          again = answer.code === 201 && request.method === 'POST' && random.chance(0.3) ? request : undefined;
          if (answer.code === 201 && request.headers['content-type'] === 'application/vnd.kubernetes.protobuf') binaryCreated += 1;
        }
      };
      await Promise.all(Array.from({ length: LANES }, (_, index) => lane(new Random(seed + index))));
      agent.destroy();
      expect([...faults], `seed ${seed}`).toEqual([]);
      expect(Object.prototype).not.toHaveProperty('polluted');
      // The generator is worth something only as long as part of what it makes gets through.
      for (const code of expectedCodes)
        expect(codes.get(code) ?? 0, `answers with ${code} among ${JSON.stringify([...codes])}`).toBeGreaterThan(0);
      expect(binaryCreated, 'created from protobuf').toBeGreaterThan(0);
      await expectNothingLeft(before);
    },
    seconds * 1_000 + 60_000,
  );

  it('bytes that are no HTTP are refused or hung up on', async () => {
    const before = handles();
    const random = new Random(seed);
    for (let round = 0; round < 30; round += 1) {
      const socket = connectTls({ ...credentials, port: Number(new URL(plane.url).port), host: '127.0.0.1' });
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      socket.write(
        random.chance(0.5)
          ? random.bytes(200)
          : random.pick([
              'GET /\r\n\r\n',
              'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n',
              'POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
              'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
              'GET /api HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
            ]),
      );
      socket.resume();
      if (random.chance(0.5)) socket.end();
      else setImmediate(() => socket.destroy());
      await once(socket, 'close');
    }
    expect(
      (await send({ method: 'GET', path: '/version', headers: {}, body: undefined }, new https.Agent({ ...credentials, keepAlive: false })))
        .code,
    ).toBe(200);
    await expectNothingLeft(before);
  }, 60_000);
});

const target = '/api/v1/namespaces/streams/pods/target';

function randomFrame(random: Random): Buffer {
  const payload = random.pick([
    Buffer.from('{"Width":80,"Height":24}'),
    Buffer.from('{"Width":-1}'),
    random.bytes(random.below(5_000)),
    Buffer.alloc(0),
    Buffer.alloc(100_000),
  ]);
  return Buffer.concat([Buffer.from([random.pick([0, 0, 1, 2, 3, 4, 5, 128, 255])]), payload]);
}

function randomSpdy(random: Random): Buffer {
  const id = random.pick([1, 3, 5, 2, 0, 0x7fffffff]);
  switch (random.below(7)) {
    case 0:
      return synStreamFrame(id, random.bytes(random.below(100)));
    case 1:
      return dataFrame(id, random.bytes(random.below(2_000)), random.chance(0.3));
    case 2:
      return resetFrame(id, random.below(12));
    case 3:
      return pingFrame(random.below(100));
    case 4:
      return Buffer.from('80030004000000080000000100000000', 'hex');
    case 5:
      return Buffer.from('8003000900000008000000010000ffff', 'hex');
    default:
      return random.bytes(random.below(100));
  }
}

describe('whatever a stream carries', () => {
  const rounds = Math.max(20, seconds * 3);

  it.each([
    ['exec', 'v5.channel.k8s.io', 'command=cat&stdin=true&stdout=true&stderr=true', randomFrame],
    ['exec', 'v4.channel.k8s.io', 'command=cat&stdin=true&stdout=true&tty=true', randomFrame],
    ['attach', 'v4.channel.k8s.io', 'stdout=true', randomFrame],
    ['portforward', 'v4.channel.k8s.io', 'ports=80&ports=81&ports=82', randomFrame],
  ])(
    '%s over %s ends with its client',
    async (kind, protocol, query, frame) => {
      const before = handles();
      const random = new Random(seed);
      for (let round = 0; round < rounds; round += 1) {
        const socket = new WebSocket(`${plane.url.replace('https', 'wss')}${target}/${kind}?${query}`, [protocol], {
          ...credentials,
          agent: new https.Agent({ ...credentials, keepAlive: false }),
        });
        socket.on('error', () => {});
        await once(socket, 'open');
        for (let count = random.below(30); count > 0; count -= 1) {
          if (random.chance(0.05)) socket.send('a text');
          else socket.send(frame(random));
        }
        if (random.chance(0.3)) socket.terminate();
        else if (random.chance(0.5)) socket.close();
        else setTimeout(() => socket.terminate(), random.below(30));
        if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
      }
      await expectNothingLeft(before);
    },
    90_000,
  );

  const spdy = (protocol: string): string => `upgrade: SPDY/3.1\r\nx-stream-protocol-version: ${protocol}\r\ncontent-length: 0`;
  const tunnel =
    'upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: SPDY/3.1+portforward.k8s.io';

  it.each([
    ['POST', 'exec?command=cat&stdin=true&stdout=true&stderr=true', spdy('v4.channel.k8s.io'), (bytes: Buffer) => bytes],
    ['POST', 'portforward', spdy('portforward.k8s.io'), (bytes: Buffer) => bytes],
    ['GET', 'portforward', tunnel, webSocketFrame],
  ])(
    '%s %s over SPDY ends with its client',
    async (method, path, upgrade, wrap) => {
      const before = handles();
      const random = new Random(seed);
      for (let round = 0; round < rounds; round += 1) {
        const socket = connectTls({ ...credentials, port: Number(new URL(plane.url).port), host: '127.0.0.1' });
        socket.on('error', () => {});
        await once(socket, 'secureConnect');
        socket.write(`${method} ${target}/${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n${upgrade}\r\n\r\n`);
        const [head] = (await once(socket, 'data')) as [Buffer];
        expect(head.toString()).toContain('101 Switching Protocols');
        if (upgrade === tunnel) expect(head.toString()).toContain('Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io');
        socket.resume();
        for (let count = random.below(30); count > 0; count -= 1) socket.write(wrap(randomSpdy(random)));
        if (random.chance(0.5)) socket.end();
        else setTimeout(() => socket.destroy(), random.below(20));
        await once(socket, 'close');
      }
      await expectNothingLeft(before);
    },
    90_000,
  );
});

/** A client's binary message: masked, as clients must, with a mask of zeros. */
function webSocketFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x82, 0xfe, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}
