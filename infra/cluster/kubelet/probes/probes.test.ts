import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../meta/manual-clock.ts';
import { systemClock } from '../../meta/clock.ts';
import type { Probe } from '../../meta/generated/types.ts';
import { FakeRuntime } from '../fake-runtime.ts';
import { ProbeLoop } from './probe-loop.ts';
import type { ProbeOutcome } from './probe-outcome.ts';
import { runProbe } from './run-probe.ts';

const servers: Server[] = [];
let keys: { key: Buffer; cert: Buffer };

beforeAll(() => {
  const dir = mkdtempSync(join(tmpdir(), 'probe-tls-'));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=wrong.example',
      '-keyout',
      `${dir}/key`,
      '-out',
      `${dir}/cert`,
    ],
    { stdio: 'ignore' },
  );
  keys = { key: readFileSync(`${dir}/key`), cert: readFileSync(`${dir}/cert`) };
  rmSync(dir, { recursive: true });
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A runtime whose pods are this machine's loopback address. */
function look(probe: Probe, timeoutMs = 2_000): Promise<ProbeOutcome> {
  const runtime = new FakeRuntime(systemClock);
  runtime.onDial = (_uid, port) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket));
      socket.once('error', reject);
    });
  const container = { name: 'c', ports: [{ name: 'web', containerPort: 4 }] };
  return runProbe(probe, { runtime, clock: systemClock, podUid: 'u', podIp: '10.1.2.3', container, containerId: 'x' }, timeoutMs);
}

test('httpGet: what counts as success, and what is sent', async () => {
  let seen: Record<string, unknown> = {};
  const port = await listen(
    createHttpServer((request, response) => {
      seen = { url: request.url, agent: request.headers['user-agent'], extra: request.headers['x-extra'], host: request.headers.host };
      response.writeHead(Number(request.url?.slice(1, 4))).end('body');
    }),
  );
  expect(await look({ httpGet: { port, path: '/200?deep=1', httpHeaders: [{ name: 'X-Extra', value: 'yes' }] } })).toEqual({
    kind: 'success',
  });
  expect(seen).toEqual({ url: '/200?deep=1', agent: 'kube-probe/1.36', extra: 'yes', host: `10.1.2.3:${port}` });
  expect(await look({ httpGet: { port, path: '/302' } })).toEqual({ kind: 'success' });
  expect(await look({ httpGet: { port, path: '/503' } })).toEqual({ kind: 'failure', message: 'HTTP probe failed with statuscode: 503' });
});

test('httpGet: nobody listens, nobody answers, an unknown port', async () => {
  const port = await listen(createServer(() => {}));
  expect(await look({ httpGet: { port, path: '/health' } }, 50)).toEqual({
    kind: 'failure',
    message: `Get "http://10.1.2.3:${port}/health": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  const gone = await listen(createServer());
  servers.pop()?.close();
  expect(await look({ httpGet: { port: gone } })).toEqual({
    kind: 'failure',
    message: `Get "http://10.1.2.3:${gone}/": dial tcp 10.1.2.3:${gone}: connect: connection refused`,
  });
  expect(await look({ httpGet: { port: 'none' } })).toEqual({ kind: 'unknown', message: `couldn't find port: "none"` });
});

test('HTTPS without verification; a client certificate that is demanded and not there', async () => {
  const open = await listen(createHttpsServer(keys, (_request, response) => response.end('ok')));
  expect(await look({ httpGet: { port: open, scheme: 'HTTPS' } })).toEqual({ kind: 'success' });
  const mutual = await listen(
    createHttpsServer({ ...keys, requestCert: true, rejectUnauthorized: true }, (_request, response) => response.end('ok')),
  );
  const outcome = await look({ httpGet: { port: mutual, scheme: 'HTTPS' } });
  expect(outcome).toEqual({
    kind: 'failure',
    message: expect.stringMatching(/tls: certificate required|connection reset by peer/) as string,
  });
  const plain = await listen(createHttpServer((_request, response) => response.end('ok')));
  expect(await look({ httpGet: { port: plain, scheme: 'HTTPS' } })).toMatchObject({
    kind: 'failure',
    message: expect.stringContaining('http: server gave HTTP response to HTTPS client') as string,
  });
});

test('tcpSocket', async () => {
  const port = await listen(createServer((socket) => socket.end()));
  expect(await look({ tcpSocket: { port } })).toEqual({ kind: 'success' });
  expect(await look({ tcpSocket: { port: 1 } })).toEqual({ kind: 'failure', message: 'dial tcp 10.1.2.3:1: connect: connection refused' });
});

test.each([
  [1, '0', { kind: 'success' }],
  [2, '0', { kind: 'failure', message: 'service unhealthy (responded with "NOT_SERVING")' }],
  [0, '12', { kind: 'failure', message: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)' }],
])('grpc: serving status %i, grpc status %s', async (serving, grpcStatus, expected) => {
  const server = createHttp2Server();
  let asked = '';
  server.on('stream', (stream, headers) => {
    asked = String(headers[':path']);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus }));
    stream.end(Buffer.from(serving === 0 ? [] : [0, 0, 0, 0, 2, 8, serving]));
  });
  const port = await listen(server);
  expect(await look({ grpc: { port, service: 'infer' } })).toEqual(expected);
  expect(asked).toBe('/grpc.health.v1.Health/Check');
});

async function loopOf(probe: Probe, answers: (at: number) => boolean, kind: 'readiness' | 'liveness' | 'startup' = 'readiness') {
  const clock = new ManualClock();
  const startMs = clock.now();
  const log: string[] = [];
  const say = (text: string): void => void log.push(`${text}@${clock.now() - startMs}`);
  const loop = new ProbeLoop({
    kind,
    probe,
    clock,
    sinceMs: startMs,
    look: async () => (answers(clock.now() - startMs) ? { kind: 'success' } : { kind: 'failure', message: 'no' }),
    onUnhealthy: () => say('unhealthy'),
    onVerdict: (isHealthy) => say(isHealthy ? 'healthy' : 'failed'),
  });
  return { clock, log, loop };
}

test('a server that comes up within the first period is found at once, not a period later', async () => {
  const { clock, log } = await loopOf({ httpGet: { port: 1 }, periodSeconds: 10 }, (at) => at >= 400);
  await clock.advance(1_000);
  expect(log).toEqual(['healthy@450']);
});

test('failures count once a period from the first second on; the threshold turns the verdict once', async () => {
  const { clock, log } = await loopOf({ exec: {}, periodSeconds: 5, failureThreshold: 2 }, () => false);
  await clock.advance(20_000);
  expect(log).toEqual(['unhealthy@1000', 'unhealthy@6000', 'failed@6000', 'unhealthy@11000', 'unhealthy@16000']);
});

test('initialDelaySeconds puts off every look', async () => {
  const { clock, log } = await loopOf({ exec: {}, periodSeconds: 5, initialDelaySeconds: 30 }, () => true);
  await clock.advance(29_999);
  expect(log).toEqual([]);
  await clock.advance(1);
  expect(log).toEqual(['healthy@30000']);
});

test('successThreshold wants successes in a row, and a relapse is noticed', async () => {
  const { clock, log } = await loopOf(
    { exec: {}, periodSeconds: 1, successThreshold: 2, failureThreshold: 1 },
    (at) => at < 3_500 || at > 5_500,
  );
  await clock.advance(9_000);
  expect(log).toEqual(['healthy@1000', 'unhealthy@4000', 'failed@4000', 'unhealthy@5000', 'healthy@7000']);
});

test('liveness fails as often as it is allowed to, again and again, and nothing after disposal', async () => {
  const { clock, log, loop } = await loopOf({ exec: {}, periodSeconds: 1, failureThreshold: 2 }, () => false, 'liveness');
  await clock.advance(3_000);
  expect(log).toEqual(['unhealthy@1000', 'unhealthy@2000', 'failed@2000', 'unhealthy@3000', 'failed@3000']);
  loop[Symbol.dispose]();
  await clock.advance(10_000);
  expect(log).toHaveLength(5);
});
