import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../infra/setup/tools.ts';
import { freePort } from './server-process.ts';

/** A private Redis that keeps nothing on disk: what it knew is gone when it ends. */
export interface RedisServer extends AsyncDisposable {
  /** Of the one that runs now; another one after `start`. */
  readonly pid: number;
  /** Stays the same through `stop` and `start`. */
  readonly url: string;
  /** Ends it at once, as a crash would: connections break and everything is forgotten. */
  stop(): Promise<void>;
  /** Begins anew, empty, at the same address. Answers when it takes connections. */
  start(): Promise<void>;
  /** It answers nobody and breaks no connection, as behind a network that loses everything, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Debian's Redis on a port of its own on loopback, gone when disposed. */
export async function startRedis(): Promise<RedisServer> {
  const program = await findProgram('redis-server');
  if (program === undefined)
    throw new Error('No Redis found: on Debian as root, `npm run setup` installs it, or: apt-get install redis-server');
  const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-redis-'));
  const port = await freePort();
  const launch = (): Promise<ChildProcess> => launchRedis(program, folder, port);
  let running: ChildProcess | undefined = await launch();
  const stop = async (): Promise<void> => {
    const ending = running;
    running = undefined;
    if (ending !== undefined) await end(ending);
  };
  return {
    get pid() {
      return running?.pid ?? -1;
    },
    url: `redis://127.0.0.1:${port}`,
    stop,
    start: async () => {
      running ??= await launch();
    },
    freeze: () => void running?.kill('SIGSTOP'),
    thaw: () => void running?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launchRedis(program: string, folder: string, port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const redis = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const printed: string[] = [];
  for await (const line of createInterface({ input: redis.stdout })) {
    printed.push(line);
    if (line.includes('Ready to accept connections')) {
      redis.stdout.resume();
      return redis;
    }
  }
  throw new Error(`Redis did not start; it printed:\n${printed.join('\n')}`);
}

async function end(redis: ChildProcess): Promise<void> {
  if (redis.exitCode !== null || redis.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => redis.once('exit', () => resolve()));
  redis.kill('SIGKILL');
  await ended;
}
