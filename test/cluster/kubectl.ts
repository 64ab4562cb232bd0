import { spawn } from 'node:child_process';
import { ClusterProgram } from '../support/cluster-program.ts';

const COMMAND_TIMEOUT_MS = 60_000;

export interface Ran {
  readonly code: number | null;
  /** Both streams, without the last line's end. */
  readonly output: string;
}

/** A cluster as `npm run cluster` starts it, and people who work on it with a real kubectl. */
export class KubectlCluster implements AsyncDisposable {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #program: ClusterProgram;

  private constructor(program: ClusterProgram) {
    this.folder = program.folder;
    this.kubeconfig = program.kubeconfig;
    this.#program = program;
  }

  static async start(): Promise<KubectlCluster> {
    return new KubectlCluster(await ClusterProgram.start(() => ['--runtime', 'process', '--no-service-ca']));
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
    await this.#program[Symbol.asyncDispose]();
  }
}
