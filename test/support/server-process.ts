import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { addWitness } from './witnesses.ts';

/** A real server in a process of its own, as `npm start` runs it. Needs `npm run build` to have run; `npm test` does that first. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it printed so far, both streams. */
  output(): string;
  /** Waits until the output matches and answers the match. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Ends it at once, as the kernel or an operator would. */
  kill9(): Promise<void>;
  /** Ends it in an orderly way and answers its exit code. */
  stop(): Promise<number | null>;
  /** Its exit code, once it has ended by itself. */
  exited(): Promise<number | null>;
}

export interface ServerProcessOptions {
  readonly dataDir: string;
  readonly runtime: 'process' | 'docker';
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Resolve as soon as the process runs, without waiting for /healthz: for starts that must fail. */
  readonly expectFailure?: boolean;
  /** How long the start may take; the first on Docker builds images. */
  readonly readyTimeoutMs?: number;
}

const READY_TIMEOUT_MS = 60_000;
const LAST_WORDS = 6_000;

export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/node/server/main.mjs'), ...(options.args ?? [])], {
    cwd: projectRoot,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: String(port),
      DATA_DIR: options.dataDir,
      RUNTIME: options.runtime,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = new RunningServer(url, child);
  if (options.expectFailure !== true) await server.waitUntilHealthy(options.readyTimeoutMs);
  return server;
}

class RunningServer implements ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #watchers = new Set<() => void>();
  readonly #witness: Disposable;
  #output = '';

  constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.#ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => this.#append(data.toString()));
    void this.#ended.then(() => this.#append(''));
    this.#witness = addWitness(() => Promise.resolve(`The server at ${url} printed, at its end:\n${this.#output.slice(-LAST_WORDS)}`));
  }

  output(): string {
    return this.#output;
  }

  async waitForOutput(pattern: RegExp, timeoutMs = READY_TIMEOUT_MS): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (deadline.aborted || this.#child.exitCode !== null)
        throw new Error(`the server never printed ${String(pattern)}; it printed:\n${this.#output}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.#watchers.add(wake);
        deadline.addEventListener('abort', wake, { once: true });
      });
    }
  }

  async waitUntilHealthy(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (Date.now() < until && this.#child.exitCode === null) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    throw new Error(`the server did not become healthy; it printed:\n${this.#output}`);
  }

  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  exited(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#witness[Symbol.dispose]();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop();
  }

  #append(text: string): void {
    this.#output = (this.#output + text).slice(-1_000_000);
    for (const wake of [...this.#watchers]) wake();
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
