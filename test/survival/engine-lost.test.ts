import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer, connect, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { terminalSchema } from '../../server/contract/attempts.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { startServerProcess } from '../support/server-process.ts';
import { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';
import { makeDataFolder } from './data-folder.ts';

const ENGINE_SOCKET = '/var/run/docker.sock';
/** Images may have to be built first. */
const START_MS = 600_000;

/** A second way to the machine's engine that can be cut, so that the engine itself goes on serving others. */
class EngineDoor implements AsyncDisposable {
  readonly socket: string;
  readonly #through = new Set<Socket>();
  #server: Server | undefined;

  constructor(folder: string) {
    this.socket = path.join(folder, 'engine.sock');
  }

  async open(): Promise<void> {
    const server = createServer((client) => {
      const engine = connect(ENGINE_SOCKET);
      for (const socket of [client, engine]) {
        this.#through.add(socket);
        socket.on('error', () => socket.destroy());
        socket.once('close', () => {
          this.#through.delete(socket);
          client.destroy();
          engine.destroy();
        });
      }
      client.pipe(engine).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(this.socket, resolve));
    this.#server = server;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#through) socket.destroy();
    await closed;
    await rm(this.socket, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }
}

/** Other tests of the machine may make some too; none of them runs beside this one. */
function engineNetworks(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const request = get({ socketPath: ENGINE_SOCKET, path: '/networks', headers: { host: 'docker' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve((JSON.parse(Buffer.concat(chunks).toString()) as { Name: string }[]).map((network) => network.Name)),
      );
    });
    request.on('error', reject);
  });
}

describe.skipIf(!existsSync(ENGINE_SOCKET) && process.env.CI !== 'true')('an engine that goes away', () => {
  it(
    'is said to who works on it; the clock stands still, and attempt and shell go on when it is back',
    async () => {
      await using data = await makeDataFolder();
      const networksBefore = await engineNetworks();
      await using door = new EngineDoor(data.dir);
      await door.open();
      await using server = await startServerProcess({
        dataDir: data.dir,
        runtime: 'docker',
        args: ['--demo'],
        env: { DOCKER_HOST: `unix://${door.socket}` },
        readyTimeoutMs: START_MS,
      });
      const [, link = ''] = await server.waitForOutput(/trainee +(http\S+\/welcome\/\S+)/);
      const trainee = await ServerClient.fromLink(link);
      const { id } = await trainee.startAttempt('endpoint', 'guided');
      await trainee.waitForAttempt(id, (attempt) => attempt.state === 'ready', 120_000);
      const { id: terminalId } = terminalSchema.parse(await trainee.request('POST', `/api/attempts/${id}/terminals`));
      const socket = await trainee.connect();
      const news: string[] = [];
      for (const name of ['terminal:lost', 'terminal:back', 'terminal:ended']) socket.on(name, () => news.push(name));
      const terminal = await TerminalClient.open(socket, terminalId);
      await terminal.run('secret=42');

      await door.cut();
      const lost = await trainee.waitForAttempt(id, (attempt) => attempt.trouble !== null, 30_000);
      expect(lost.clock).toMatchObject({ running: false, stoppedBecause: lost.trouble });
      await eventually('the terminal lost', () => news.includes('terminal:lost'));

      await door.open();
      const back = await trainee.waitForAttempt(id, (attempt) => attempt.trouble === null, 30_000);
      expect(back).toMatchObject({ state: 'ready', clock: { running: true } });
      await eventually('the terminal back', () => news.at(-1) === 'terminal:back', 30_000);
      expect((await terminal.run('echo "the answer is $secret"')).output).toContain('the answer is 42');
      socket.close();
      await trainee.request('POST', `/api/attempts/${id}/abandon`);
      await eventually(
        'the network of the sandbox gone',
        async () => (await engineNetworks()).every((name) => networksBefore.includes(name)),
        30_000,
      );
    },
    START_MS,
  );
});
