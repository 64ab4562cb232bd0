import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import type { ExecSession, TerminalSize } from '../../runtime/runtime.ts';
import { socketPair, SpdyClient } from '../testing/spdy-client.ts';
import { serveSpdyExec } from './spdy-exec.ts';

let ends: { destroy(): void }[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const end of ends) end.destroy();
  ends = [];
});

/** Echoes its input, says good-bye on the other output and ends with 3 when its input does. */
class EchoSession implements ExecSession {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr: PassThrough | null;
  readonly sizes: TerminalSize[] = [];
  readonly exited: Promise<{ readonly exitCode: number }>;
  isDisposed = false;

  constructor(tty: boolean) {
    this.stderr = tty ? null : new PassThrough();
    this.stdin.pipe(this.stdout);
    this.exited = new Promise((resolve) => {
      this.stdin.once('end', () => {
        this.stderr?.end('bye');
        resolve({ exitCode: 3 });
      });
    });
  }

  async resize(size: TerminalSize): Promise<void> {
    this.sizes.push(size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
  }
}

async function start(tty: boolean): Promise<{ client: SpdyClient; session: EchoSession; served: Promise<void> }> {
  const [near, far] = await socketPair();
  ends.push(near, far);
  const session = new EchoSession(tty);
  return { session, client: new SpdyClient(near), served: serveSpdyExec(far, session, { stdin: true, stdout: true, stderr: true, tty }) };
}
const open = (client: SpdyClient, streamType: string): Promise<number> => client.open({ streamType });

it('carries input to its end, both outputs and the exit code', async () => {
  const { client, session } = await start(false);
  const [error, stdin, stdout, stderr] = [
    await open(client, 'error'),
    await open(client, 'stdin'),
    await open(client, 'stdout'),
    await open(client, 'stderr'),
  ];
  client.send(stdin, 'hello', true);
  await expect.poll(() => client.ended.has(error)).toBe(true);
  expect([client.received(stdout).toString(), client.received(stderr).toString()]).toEqual(['hello', 'bye']);
  expect(JSON.parse(client.received(error).toString())).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  });
  client.close();
  await expect.poll(() => session.isDisposed).toBe(true);
});

it('follows a terminal’s size, however its messages are cut', async () => {
  const { client, session, served } = await start(true);
  const [, , , resize] = [
    await open(client, 'error'),
    await open(client, 'stdin'),
    await open(client, 'stdout'),
    await open(client, 'resize'),
  ];
  client.send(resize, '{"Width":80,"Hei');
  client.send(resize, 'ght":24}\nnonsense\n{"Width":0,"Height":1}\n{"Width":100,"Height":30}\n');
  await expect
    .poll(() => session.sizes)
    .toEqual([
      { columns: 80, rows: 24 },
      { columns: 100, rows: 30 },
    ]);
  client.close();
  await served;
  expect(session.isDisposed).toBe(true);
});

it('resets streams that were not asked for, and second ones', async () => {
  const { client } = await start(false);
  await open(client, 'error');
  const [again, resize, other] = [await open(client, 'error'), await open(client, 'resize'), await open(client, 'other')];
  await expect.poll(() => [...client.reset].sort()).toEqual([again, resize, other]);
});

it('ends a command whose client never opens its streams', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { client, session } = await start(false);
  const error = await open(client, 'error');
  await vi.waitUntil(() => client.replied.has(error));
  vi.advanceTimersByTime(30_000);
  await vi.waitUntil(() => session.isDisposed);
});
