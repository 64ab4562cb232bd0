import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { startFakeApiServer, type FakeApiServer } from '../testing/fake-api-server.ts';
import { openExec, runExec, type ExecTarget } from './kubernetes-exec.ts';
import type { ShellEnd } from './shell.ts';

let api: FakeApiServer;
beforeEach(async () => {
  api = await startFakeApiServer();
});
afterEach(() => api[Symbol.asyncDispose]());

const never = new AbortController().signal;
const target = (): ExecTarget => ({
  kubeConfig: api.kubeConfig,
  namespace: 'drillhouse-system',
  pod: 'workspace',
  container: 'main',
  command: ['bash', '-c', 'a b'],
});

interface Opened {
  readonly socket: WebSocket;
  readonly url: URL;
  readonly frames: Buffer[];
}

function accept(): Promise<Opened> {
  return new Promise((resolve) => {
    api.onExec = (socket, url) => {
      const frames: Buffer[] = [];
      socket.on('message', (message: Buffer) => frames.push(message));
      resolve({ socket, url, frames });
    };
  });
}

async function open(): Promise<Opened & { stream: Awaited<ReturnType<typeof openExec>>; output: Buffer[]; ends: ShellEnd[] }> {
  const accepted = accept();
  const output: Buffer[] = [];
  const ends: ShellEnd[] = [];
  const stream = await openExec(
    target(),
    { columns: 90, rows: 20 },
    { onData: (bytes) => output.push(Buffer.from(bytes)), onEnd: (end) => ends.push(end) },
    never,
  );
  return { ...(await accepted), stream, output, ends };
}

const exitedWith = (code: string): object => ({
  status: 'Failure',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: code }] },
});

describe('an exec over the Kubernetes API', () => {
  it('asks for the command with a terminal, says its size first, and carries bytes both ways', async () => {
    const { socket, url, frames, stream, output } = await open();
    expect(url.pathname).toBe('/api/v1/namespaces/drillhouse-system/pods/workspace/exec');
    expect(url.searchParams.getAll('command')).toEqual(['bash', '-c', 'a b']);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      tty: 'true',
      stdin: 'true',
      stdout: 'true',
      stderr: 'false',
      container: 'main',
    });
    stream.write(Buffer.from([0xff, 0x00, 0x0d]));
    stream.resize({ columns: 100, rows: 30 });
    await eventually('three frames', () => frames.length === 3);
    expect(frames[0]).toEqual(Buffer.from('\u0004{"Width":90,"Height":20}'));
    expect(frames[1]).toEqual(Buffer.from([0, 0xff, 0x00, 0x0d]));
    expect(frames[2]).toEqual(Buffer.from('\u0004{"Width":100,"Height":30}'));
    socket.send(Buffer.from([1, 0xe2, 0x82]));
    socket.send(Buffer.from([1]));
    await eventually('output', () => output.length === 1 && output[0]!.equals(Buffer.from([0xe2, 0x82])));
    stream.close();
  });

  it.each([
    ['Success', { status: 'Success' }, 'exited'],
    ['an exit code', exitedWith('1'), 'exited'],
    ['the code of an interrupted command', exitedWith('130'), 'exited'],
    ['the code of a kill', exitedWith('137'), 'lost'],
    ['an error of the runtime', { status: 'Failure', reason: 'InternalError', message: 'container not found' }, 'lost'],
  ])('that ends with %s is told as such, once', async (_what, status, kind) => {
    const { socket, ends } = await open();
    socket.send(Buffer.from(`\u0003${JSON.stringify(status)}`));
    socket.close();
    await eventually('the end', () => ends.length > 0);
    expect(ends.map((end) => end.kind)).toEqual([kind]);
  });

  it('that breaks off without a word is lost, not ended', async () => {
    const { socket, ends } = await open();
    socket.terminate();
    await eventually('the end', () => ends.length === 1);
    expect(ends[0]).toMatchObject({ kind: 'lost' });
  });

  it('says nothing more once it is let go of', async () => {
    const { socket, stream, ends, output } = await open();
    stream.close();
    socket.send(Buffer.from('\u0001late'));
    await eventually('closed', () => socket.readyState === socket.CLOSED);
    expect([ends, output]).toEqual([[], []]);
  });

  it('stops reading while paused, so that the other side has to wait, and loses nothing', async () => {
    const { socket, stream, output } = await open();
    const total = 40 * 1024 * 1024;
    const chunk = Buffer.alloc(256 * 1024, 1);
    stream.pause();
    for (let sent = 0; sent < total; sent += chunk.length - 1) socket.send(chunk);
    await new Promise((resolve) => setImmediate(resolve));
    const received = (): number => output.reduce((sum, bytes) => sum + bytes.length, 0);
    const held = received();
    expect(held).toBeLessThan(4 * 1024 * 1024);
    expect(socket.bufferedAmount).toBeGreaterThan(total / 2);
    stream.resume();
    await eventually('all of it', () => received() >= total);
    stream.close();
  });

  it('that is refused says why', async () => {
    const attempt = (): ReturnType<typeof openExec> =>
      openExec(target(), { columns: 80, rows: 24 }, { onData: () => undefined, onEnd: () => undefined }, never);
    api.refuseExec = { status: 400, body: JSON.stringify({ kind: 'Status', message: 'container main is not running' }) };
    await expect(attempt()).rejects.toThrow('There is no shell at the moment: container main is not running.');
    api.refuseExec = { status: 502, body: 'nonsense' };
    await expect(attempt()).rejects.toThrow('answered 502');
  });

  it('that finds nobody says so', async () => {
    await api[Symbol.asyncDispose]();
    await expect(openExec(target(), { columns: 80, rows: 24 }, { onData: () => undefined, onEnd: () => undefined }, never)).rejects.toThrow(
      'The cluster does not answer',
    );
    api = await startFakeApiServer();
  });

  it('without a terminal waits for its end', async () => {
    const accepted = accept();
    let done = false;
    const run = runExec(target(), never).then(() => (done = true));
    const { socket, url } = await accepted;
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ tty: 'false', stdin: 'false', stderr: 'true' });
    expect(done).toBe(false);
    socket.send(Buffer.from('\u0003{"status":"Success"}'));
    socket.close();
    await run;
  });

  it.each([
    ['that failed', '\u0003{"status":"Failure","reason":"NonZeroExitCode"}', 'failed'],
    ['whose end nobody told', '\u0003null', 'failed'],
    ['that was cut off', undefined, 'did not say'],
  ])('rejects for a command %s', async (_what, status, reason) => {
    const accepted = accept();
    const run = runExec(target(), never);
    run.catch(() => undefined);
    const { socket } = await accepted;
    if (status !== undefined) socket.send(Buffer.from(status));
    socket.close();
    await expect(run).rejects.toThrow(reason);
  });
});
