import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseMinor } from '../../infra/setup/kubectl.ts';
import { projectRoot } from '../../infra/setup/project-root.ts';

/** `npm run cluster` in a process of its own. Disposing ends it as SIGTERM does and removes its folder. */
export class ClusterProgram implements AsyncDisposable {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, kubeconfig: string, child: ChildProcess) {
    this.folder = folder;
    this.kubeconfig = kubeconfig;
    this.#child = child;
  }

  /** Resolves when it says that it is ready. `optionsIn` gets its folder and may put files there. */
  static async start(optionsIn: (folder: string) => readonly string[]): Promise<ClusterProgram> {
    const folder = mkdtempSync(path.join(tmpdir(), 'cluster-program-'));
    const kubeconfig = path.join(folder, 'kubeconfig');
    const args = ['scripts/run.mjs', 'infra/cluster/main.ts', '--kubeconfig', kubeconfig, ...optionsIn(folder)];
    const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('cluster ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the cluster ended with ${code}: ${output}`)));
    });
    return new ClusterProgram(folder, kubeconfig, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function minorOf(kubectl: string): number {
  return parseMinor(execFileSync(kubectl, ['version', '--client', '--output=json'], { encoding: 'utf8' }));
}
