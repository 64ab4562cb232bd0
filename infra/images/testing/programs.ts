import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { bundlePath, type ImageProgram } from '../bundle.ts';

/** A program of an image, run as a process of its own. */
export type Running = ChildProcess & { readonly printed: () => string };

export function ended(child: ChildProcess, act: () => void = () => undefined): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once('exit', resolve);
    act();
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Starts programs and ends them together. */
export class Programs {
  readonly #children: ChildProcess[] = [];

  start(program: ImageProgram, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [bundlePath(program), ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    this.#children.push(child);
    return Object.assign(child, { printed: () => output });
  }

  /** On a port of its own, once `path` answers 200. */
  async serve(
    program: ImageProgram,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    path = '/health',
  ): Promise<{ readonly url: string; readonly child: Running }> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = this.start(program, ['--host', '127.0.0.1', '--port', String(port), ...args], { LOAD_MS: '0', ...env });
    const deadline = Date.now() + 15_000;
    while ((await fetch(`${url}${path}`).catch(() => undefined))?.status !== 200) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} does not serve: ${child.printed()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { url, child };
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#children.splice(0).map((child) => ended(child, () => child.kill('SIGTERM'))));
  }
}
