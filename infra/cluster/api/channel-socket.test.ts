import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import http from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { ExecSession } from '../../runtime/runtime.ts';
import { serveChannels } from './channel-socket.ts';
import { servePortChannels } from './port-forward-channels.ts';

let server: http.Server;
let sockets: WebSocketServer;

beforeEach(async () => {
  server = http.createServer();
  sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  server.close();
});

async function connectPair(): Promise<readonly [WebSocket, WebSocket]> {
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[accepted]] = await Promise.all([once(sockets, 'connection') as Promise<[WebSocket]>, once(client, 'open')]);
  return [client, accepted];
}

/** A command that takes its input only when it is told to. */
function slowSession(): { session: ExecSession; stdin: Writable; taken: () => number; take: () => void; end: () => void } {
  let bytes = 0;
  let waiting: (() => void) | undefined;
  let isOpen = false;
  const stdin = new Writable({
    highWaterMark: 1_024,
    write: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (isOpen) done();
      else waiting = done;
    },
  });
  const stdout = new PassThrough();
  let onExit: (result: { exitCode: number }) => void = () => {};
  const exited = new Promise<{ exitCode: number }>((resolve) => (onExit = resolve));
  return {
    stdin,
    taken: () => bytes,
    take: () => {
      isOpen = true;
      waiting?.();
    },
    end: () => {
      stdout.end();
      onExit({ exitCode: 0 });
    },
    session: {
      stdin,
      stdout,
      stderr: null,
      exited,
      resize: () => Promise.resolve(),
      async [Symbol.asyncDispose]() {
        stdin.destroy();
      },
    },
  };
}

it('a command that does not read pauses its client, with one listener however often', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', onWarning);
  const [client, accepted] = await connectPair();
  const { session, stdin, taken, take, end } = slowSession();
  const served = serveChannels(accepted, session, { stdin: true, stdout: true, stderr: false });
  const message = Buffer.alloc(2_001);
  for (let count = 0; count < 500; count += 1) client.send(message);
  await expect.poll(() => accepted.isPaused).toBe(true);
  expect(stdin.listenerCount('drain')).toBe(1);
  // What was read before the pause took hold is all that is kept.
  expect(stdin.writableLength).toBeLessThan(200_000);
  take();
  await expect.poll(taken).toBe(500 * 2_000);
  end();
  await served;
  expect([stdin.listenerCount('drain'), warnings]).toEqual([0, []]);
  process.off('warning', onWarning);
});

it('a client that goes while it is paused is noticed', async () => {
  const [client, accepted] = await connectPair();
  const { session, stdin } = slowSession();
  const served = serveChannels(accepted, session, { stdin: true, stdout: true, stderr: false });
  for (let count = 0; count < 50; count += 1) client.send(Buffer.alloc(2_001));
  await expect.poll(() => accepted.isPaused).toBe(true);
  accepted.terminate();
  await served;
  expect(stdin.destroyed).toBe(true);
  client.terminate();
});

it('forwards several ports over one socket, each on channels of its own, and closes with the last', async () => {
  const echo: Server = createServer((socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const [client, accepted] = await connectPair();
  const received = new Map<number, Buffer>();
  client.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0;
    received.set(channel, Buffer.concat([received.get(channel) ?? Buffer.alloc(0), data.subarray(1)]));
  });
  const connections: Socket[] = [];
  const served = servePortChannels(accepted, [8_000, 8_001, 8_002], {
    podUid: 'uid',
    dial: async (port) => {
      if (port === 8_001) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      const socket = connect({ port: (echo.address() as AddressInfo).port, host: '127.0.0.1' });
      connections.push(socket);
      await once(socket, 'connect');
      return socket;
    },
  });
  const send = (channel: number, text: string): void => client.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  send(0, 'first');
  send(2, 'nobody');
  send(4, 'third');
  send(7, 'no such channel');
  await expect.poll(() => received.get(0)?.subarray(2).toString()).toBe('first');
  await expect.poll(() => received.get(4)?.subarray(2).toString()).toBe('third');
  expect(received.get(0)?.readUInt16LE()).toBe(8_000);
  expect(received.get(3)?.readUInt16LE()).toBe(8_001);
  expect(received.get(3)?.subarray(2).toString()).toContain('connect: connection refused');
  for (const connection of connections) connection.destroy();
  await served;
  await once(client, 'close');
  echo.close();
});
