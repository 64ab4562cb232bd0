import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createNetServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../meta/clock.ts';
import { HttpProxy } from './http-proxy.ts';
import type { HttpRule } from './http-rules.ts';

/** Tells what it was asked; `/stream` sends one part and goes on only when the test says so. */
let pod: Server;
let goOn: () => void;
let proxy: HttpProxy;
let port: number;

beforeEach(async () => {
  const released = new Promise<void>((resolve) => (goOn = resolve));
  pod = createServer((request, response) => {
    if (request.url !== '/stream') return void tell(request, text(request)).then((told) => response.end(told));
    response.write('first\n');
    void released.then(() => response.end('last\n'));
  });
  pod.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  pod.listen(0, '127.0.0.1');
  await once(pod, 'listening');
  await stand((pod.address() as AddressInfo).port);
});
afterEach(async () => {
  goOn();
  await proxy[Symbol.asyncDispose]();
  pod.closeAllConnections();
  pod.close();
});

async function stand(podPort: number): Promise<void> {
  proxy = new HttpProxy({ host: '127.0.0.1', clock: systemClock, dial: async () => connect(podPort, '127.0.0.1') });
  port = await proxy.listen();
}

async function tell({ method, url, headers }: IncomingMessage, body: Promise<string>): Promise<string> {
  return JSON.stringify({ method, url, header: headers['x-test'] ?? null, body: await body });
}

const ask = (path = '/', init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init);
const told = async (path?: string, init?: RequestInit): Promise<unknown> => (await ask(path, init)).json();
const request = (rule: Partial<HttpRule>): HttpRule => ({ target: 'Request', ...rule });
const response = (rule: Partial<HttpRule>): HttpRule => ({ target: 'Response', ...rule });

test('without rules everything goes through, bodies too', async () => {
  const init = { method: 'POST', body: 'x'.repeat(100_000), headers: { 'x-test': 'kept' } };
  expect(await told('/a?b=c', init)).toEqual({ method: 'POST', url: '/a?b=c', header: 'kept', body: init.body });
});

test.each<[string, Partial<HttpRule>, string, RequestInit | undefined, boolean]>([
  ['path', { path: '/v1/*' }, '/v1/models?x=1', undefined, true],
  ['another path', { path: '/v1/*' }, '/health', undefined, false],
  ['a dot is a dot', { path: '/a.b' }, '/axb', undefined, false],
  ['method', { method: 'post' }, '/', { method: 'POST' }, true],
  ['another method', { method: 'POST' }, '/', undefined, false],
  ['header', { request_headers: { 'X-Test': 'a' } }, '/', { headers: { 'x-test': 'a' } }, true],
  ['another header', { request_headers: { 'X-Test': 'a' } }, '/', { headers: { 'x-test': 'b' } }, false],
])('a request is broken off by its %s', async (_, rule, path, init, isBroken) => {
  proxy.rules = [request({ ...rule, abort: true })];
  const outcome = await ask(path, init).then(
    () => false,
    () => true,
  );
  expect(outcome).toBe(isBroken);
});

test('a response is broken off by its code', async () => {
  proxy.rules = [response({ code: 404, abort: true })];
  expect((await ask()).status).toBe(200);
  proxy.rules = [response({ code: 200, abort: true })];
  await expect(ask()).rejects.toThrow();
});

test('requests are replaced and patched before the pod sees them', async () => {
  const body = Buffer.from('{"model":"a"}').toString('base64');
  proxy.rules = [
    request({ replace: { method: 'PUT', path: '/other', body, queries: { q: '2' }, headers: { 'x-test': 'new' } } }),
    request({ patch: { body: { type: 'JSON', value: '{"n":3}' }, queries: [['r', 's']] } }),
  ];
  expect(await told('/asked?q=1', { method: 'POST', body: 'old' })).toEqual({
    method: 'PUT',
    url: '/other?q=2&r=s',
    header: 'new',
    body: '{"model":"a","n":3}',
  });
});

test('responses are replaced and patched, their length with them', async () => {
  proxy.rules = [
    response({ replace: { code: 500, headers: { 'x-who': 'chaos' } }, patch: { body: { type: 'JSON', value: '{"url":null,"added":1}' } } }),
  ];
  const answer = await ask();
  expect([answer.status, answer.headers.get('x-who')]).toEqual([500, 'chaos']);
  expect(await answer.json()).toEqual({ method: 'GET', header: null, body: '', added: 1 });
});

test('delays of all rules add up', async () => {
  proxy.rules = [request({ delay: '60ms' }), response({ delay: '50ms' })];
  const startedAt = performance.now();
  await ask();
  expect(performance.now() - startedAt).toBeGreaterThan(105);
});

test('a stream passes part by part', async () => {
  const reader = (await ask('/stream')).body!.getReader();
  expect(Buffer.from((await reader.read()).value).toString()).toBe('first\n');
  goOn();
  expect(Buffer.from((await reader.read()).value).toString()).toBe('last\n');
});

test('what becomes another protocol goes on as it is', async () => {
  const out = httpRequest({ host: '127.0.0.1', port, headers: { connection: 'upgrade', upgrade: 'echo' } }).end();
  const [, socket] = (await once(out, 'upgrade')) as [IncomingMessage, NodeJS.ReadWriteStream & { destroy(): void }];
  socket.write('hello');
  expect(String((await once(socket, 'data'))[0])).toBe('hello');
  socket.destroy();
});

test('TLS is let through untouched', async () => {
  await proxy[Symbol.asyncDispose]();
  const echo = createNetServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  await stand((echo.address() as AddressInfo).port);
  proxy.rules = [request({ abort: true })];
  const client = connect(port, '127.0.0.1').setEncoding('latin1');
  client.write(Buffer.from([0x16, 3, 1, 0]));
  expect((await once(client, 'data'))[0]).toBe('\x16\x03\x01\x00');
  client.destroy();
  echo.close();
});

test('a pod that refuses connections looks like one that breaks them off', async () => {
  pod.close();
  pod.closeAllConnections();
  await expect(ask()).rejects.toThrow();
});
