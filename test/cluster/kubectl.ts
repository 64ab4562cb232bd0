import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { parseMinor } from '../../infra/setup/kubectl.ts';

const COMMAND_TIMEOUT_MS = 60_000;

export interface Ran {
  readonly code: number | null;
  /** Both streams, without the last line's end. */
  readonly output: string;
}

export function minorOf(kubectl: string): number {
  return parseMinor(execFileSync(kubectl, ['version', '--client', '--output=json'], { encoding: 'utf8' }));
}

/** A cluster in a process of its own, as `npm run cluster` starts it, and people who work on it with a real kubectl. */
export class ClusterProcess implements AsyncDisposable {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.kubeconfig = path.join(folder, 'kubeconfig');
    this.#child = child;
  }

  static async start(): Promise<ClusterProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), 'api-test-'));
    const options = ['infra/cluster/main.ts', '--runtime', 'process', '--no-service-ca', '--kubeconfig', path.join(folder, 'kubeconfig')];
    const child = spawn(process.execPath, ['scripts/run.mjs', ...options], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('cluster ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the cluster ended with ${code}: ${output}`)));
    });
    return new ClusterProcess(folder, child);
  }

  /** Runs a command to its end. Discovery is cached in the cluster's own folder, which ends with it. */
  run(kubectl: string, args: readonly string[], { input = '', cwd = this.folder }: { input?: string; cwd?: string } = {}): Promise<Ran> {
    const env = { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.folder };
    const child = spawn(kubectl, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], timeout: COMMAND_TIMEOUT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    // A command that does not read its input may have gone before it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output: output.trimEnd() }));
    });
  }

  /** Starts a command that goes on until it is disposed; resolves with its first output. */
  async background(kubectl: string, args: readonly string[]): Promise<AsyncDisposable & { readonly output: string }> {
    const child = spawn(kubectl, args, {
      env: { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const output = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
      child.once('exit', (code) => reject(new Error(`kubectl ended with ${code}`)));
    });
    return {
      output,
      async [Symbol.asyncDispose]() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
