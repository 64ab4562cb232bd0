import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { socketPair, SpdyClient } from '../testing/spdy-client.ts';
import { dialFailure, parsePort, servePortForward, type Dial } from './port-forward.ts';

let echo: Server;
let ends: { destroy(): void }[] = [];
const dialled: Socket[] = [];

beforeEach(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
afterEach(() => {
  vi.useRealTimers();
  for (const end of [...ends, ...dialled.splice(0)]) end.destroy();
  ends = [];
  echo.close();
});

const dial: Dial = async (port, signal) => {
  if (port === 9) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const socket = connect({ port: (echo.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true, signal });
  dialled.push(socket);
  await once(socket, 'connect');
  return socket;
};

async function start(): Promise<{ client: SpdyClient; served: Promise<void> }> {
  const [near, far] = await socketPair();
  ends.push(near, far);
  return { served: servePortForward(far, dial, 'pod-uid'), client: new SpdyClient(near) };
}

async function open(client: SpdyClient, requestID: string, port = '80'): Promise<{ error: number; data: number }> {
  const error = await client.open({ streamType: 'error', port, requestID }, true);
  return { error, data: await client.open({ streamType: 'data', port, requestID }) };
}

it('joins a pair of streams to a connection, both ways and to the end', async () => {
  const { client } = await start();
  const { error, data } = await open(client, '0');
  client.send(data, 'hello', true);
  await expect.poll(() => client.ended.has(data) && client.ended.has(error)).toBe(true);
  expect(client.received(data).toString()).toBe('hello');
  expect(client.received(error)).toHaveLength(0);
});

it('tells on the error stream why there is no connection, and goes on', async () => {
  const { client } = await start();
  const refused = await open(client, '0', '9');
  await expect.poll(() => client.ended.has(refused.error)).toBe(true);
  expect(client.received(refused.error).toString()).toBe(dialFailure(9, 'pod-uid', Object.assign(new Error(), { code: 'ECONNREFUSED' })));
  const { data } = await open(client, '1');
  client.send(data, 'still', true);
  await expect.poll(() => client.received(data).toString()).toBe('still');
});

it.each([
  [{ streamType: 'data', port: '0', requestID: '1' }],
  [{ streamType: 'data', port: '65536', requestID: '1' }],
  [{ streamType: 'data', requestID: '1' }],
  [{ streamType: 'other', port: '80', requestID: '1' }],
  [{}],
] as [Record<string, string>][])('resets a stream that asks for nothing sensible: %j', async (headers) => {
  const { client } = await start();
  const id = await client.open(headers);
  await expect.poll(() => client.reset.has(id)).toBe(true);
});

it('resets a second stream of the same kind, and one for another port', async () => {
  const { client } = await start();
  await client.open({ streamType: 'error', port: '80', requestID: '5' });
  const again = await client.open({ streamType: 'error', port: '80', requestID: '5' });
  const elsewhere = await client.open({ streamType: 'data', port: '81', requestID: '5' });
  await expect.poll(() => client.reset.has(again) && client.reset.has(elsewhere)).toBe(true);
});

it('pairs the streams of clients that number no requests', async () => {
  const { client } = await start();
  await client.open({ streamType: 'error', port: '80' }, true);
  const data = await client.open({ streamType: 'data', port: '80' });
  client.send(data, 'old', true);
  await expect.poll(() => client.received(data).toString()).toBe('old');
});

it('does not wait for ever for the other half of a pair', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { client } = await start();
  const id = await client.open({ streamType: 'error', port: '80', requestID: '0' });
  await vi.waitUntil(() => client.replied.has(id));
  vi.advanceTimersByTime(30_000);
  await vi.waitUntil(() => client.ended.has(id));
  expect(client.received(id).toString()).toContain('timed out waiting for streams');
});

it('closes all its connections when the client goes', async () => {
  const { client, served } = await start();
  for (const id of ['0', '1', '2']) {
    const { data } = await open(client, id);
    client.send(data, 'x');
    await expect.poll(() => client.received(data).toString()).toBe('x');
  }
  client.close();
  await served;
  await expect.poll(() => dialled.map((socket) => socket.destroyed)).toEqual([true, true, true]);
});

it.each([
  ['1', 1],
  ['65535', 65_535],
  ['0', undefined],
  ['65536', undefined],
  ['-1', undefined],
  ['8e1', undefined],
  ['', undefined],
])('the port %j is %s', (text, port) => {
  expect(parsePort(text)).toBe(port);
});
