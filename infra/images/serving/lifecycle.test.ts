import { Agent, createServer, request } from 'node:http';
import { expect, it } from 'vitest';
import { drainServers, listen, portOf } from './lifecycle.ts';

it('waits for the request under way, and not for the connection that is kept after it', async () => {
  let finish = (): void => {};
  const server = createServer((_, response) => void (finish = () => response.end('done')));
  server.keepAliveTimeout = 60_000;
  await listen(server, 0, '127.0.0.1');
  const agent = new Agent({ keepAlive: true });
  const arrived = new Promise<void>((resolve) => server.once('request', () => resolve()));
  const status = new Promise((resolve) =>
    request({ port: portOf(server), host: '127.0.0.1', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).end(),
  );
  await arrived;
  let isDrained = false;
  const drained = drainServers([server], 60_000).then(() => (isDrained = true));
  expect(isDrained).toBe(false);
  finish();
  expect(await status).toBe(200);
  await drained;
  agent.destroy();
});

it('says why it cannot listen', async () => {
  const [first, second] = [createServer(), createServer()];
  await listen(first, 0, '127.0.0.1');
  await expect(listen(second, portOf(first), '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await drainServers([first], 1_000);
});
