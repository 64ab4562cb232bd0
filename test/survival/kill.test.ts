import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { terminalSchema, type AttemptView } from '../../server/contract/attempts.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { freePort, startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';
import { makeDataFolder, processesOf } from './data-folder.ts';

const START_MS = 60_000;
const GRADE_MS = 120_000;

/** The real server on the process runtime, killed and started again on the same data and port, so that cookies stay good. */
class Server implements AsyncDisposable {
  readonly dataDir: string;
  readonly port: number;
  process: ServerProcess;

  private constructor(dataDir: string, port: number, process: ServerProcess) {
    this.dataDir = dataDir;
    this.port = port;
    this.process = process;
  }

  static async start(dataDir: string): Promise<Server> {
    const port = await freePort();
    return new Server(dataDir, port, await startServerProcess({ dataDir, port, runtime: 'process', args: ['--demo'] }));
  }

  async signIn(role: string): Promise<ServerClient> {
    const [, link = ''] = await this.process.waitForOutput(new RegExp(`${role} +(http\\S+/welcome/\\S+)`));
    return ServerClient.fromLink(link);
  }

  async crashAndRestart(): Promise<void> {
    await this.process.kill9();
    this.process = await startServerProcess({ dataDir: this.dataDir, port: this.port, runtime: 'process' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

async function openTerminal(client: ServerClient, attemptId: string): Promise<{ terminal: TerminalClient; socket: Socket }> {
  const { id } = terminalSchema.parse(await client.request('POST', `/api/attempts/${attemptId}/terminals`));
  const socket = await client.connect();
  return { terminal: await TerminalClient.open(socket, id), socket };
}

const isReady = (attempt: AttemptView): boolean => attempt.state === 'ready';

describe('kill -9 of the server', () => {
  it('while somebody works: attempt, sandbox, shell and session are there again, and nothing is left over in the end', async () => {
    await using data = await makeDataFolder();
    await using server = await Server.start(data.dir);
    const trainee = await server.signIn('trainee');
    const { id } = await trainee.startAttempt('endpoint', 'guided');
    await trainee.waitForAttempt(id, isReady, START_MS);
    const { terminal } = await openTerminal(trainee, id);
    await terminal.run('secret=42; kubectl create configmap kept --from-literal=a=b');
    const before = await trainee.attempt(id);
    // Output is written to disk some milliseconds after it was shown; only what was written can be replayed.
    const recording = path.join(data.dir, 'recordings', `${terminal.terminalId}.cast`);
    await eventually('the output on disk', async () => (await readFile(recording, 'utf8')).includes('configmap/kept created'));

    await server.crashAndRestart();

    const after = await trainee.attempt(id);
    expect(after).toMatchObject({ state: 'ready', namespace: before.namespace, terminals: [{ id: terminal.terminalId, state: 'open' }] });
    expect(after.clock?.remainingMs).toBeGreaterThan((before.clock?.remainingMs ?? 0) - 15_000);
    const socket = await trainee.connect();
    const again = await TerminalClient.open(socket, terminal.terminalId);
    await again.waitFor('configmap/kept created');
    // Until the way to the shell is found again, what is typed is refused.
    await eventually(
      'the shell, found again',
      async () => {
        const { output } = await again.run('echo "the answer is $secret"', 2_000).catch(() => ({ output: '' }));
        return output.includes('the answer is 42');
      },
      30_000,
    );
    expect((await again.run('kubectl get configmap kept -o name')).output).toContain('configmap/kept');
    socket.close();

    await trainee.request('POST', `/api/attempts/${id}/abandon`);
    await eventually('the sandbox let go', async () => (await trainee.result(id)).outcome === 'abandoned');
    await eventually(
      'no process of a sandbox',
      async () => (await processesOf(data.dir)).filter((line) => /sleep|bash|dtach|prober/.test(line)).length === 0,
      20_000,
    );
    await server.process.stop();
    await eventually('no process at all', async () => (await processesOf(data.dir)).length === 0, 30_000);
  });

  it('while the sandbox is made: it is made, once', async () => {
    await using data = await makeDataFolder();
    await using server = await Server.start(data.dir);
    const trainee = await server.signIn('trainee');
    const { id } = await trainee.startAttempt('endpoint', 'guided');
    await trainee.waitForAttempt(id, (attempt) => attempt.progress.some((entry) => entry.id === 'namespace'), START_MS);
    await server.crashAndRestart();
    const ready = await trainee.waitForAttempt(id, (attempt) => attempt.state !== 'provisioning', START_MS);
    expect(ready).toMatchObject({ state: 'ready', trouble: null });
    await trainee.request('POST', `/api/attempts/${id}/abandon`);
  });

  it('while grading: the verdict comes, from what was recorded before, and the attempt ends once', async () => {
    await using data = await makeDataFolder();
    await using server = await Server.start(data.dir);
    const trainee = await server.signIn('trainee');
    const { id } = await trainee.startAttempt('endpoint', 'incident');
    await trainee.waitForAttempt(id, (attempt) => attempt.state === 'incident', START_MS);
    await trainee.request('POST', `/api/attempts/${id}/grade`);
    await trainee.waitForAttempt(id, (attempt) => attempt.progress.some((entry) => entry.id === 'grading'), START_MS);
    await server.crashAndRestart();
    await trainee.waitForAttempt(id, (attempt) => attempt.state === 'failed', GRADE_MS);
    const result = await trainee.result(id);
    expect(result.outcome).toBe('failed');
    expect(result.checks.length).toBeGreaterThan(0);
    expect(result.checks.every((check) => check.verdict !== 'inconclusive')).toBe(true);
    expect(result.timeline.filter((entry) => entry.kind === 'failed')).toHaveLength(1);
    expect(result.timeline.map((entry) => entry.kind)).toContain('restarted');
  });
});
