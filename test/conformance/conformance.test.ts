import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKubectl } from '../../infra/setup/kubectl.ts';
import { projectRoot } from '../../infra/setup/project-root.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'conformance-'));
const kubeconfig = path.join(folder, 'kubeconfig');
let cluster: ChildProcess;

beforeAll(async () => {
  cluster = spawn(process.execPath, ['scripts/run.mjs', 'infra/cluster/main.ts', '--kubeconfig', kubeconfig, '--runtime', 'process'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    cluster.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('cluster ready')) resolve();
    });
    cluster.once('exit', (code) => reject(new Error(`the cluster ended with ${code}: ${output}`)));
  });
}, 60_000);

afterAll(async () => {
  const ended = new Promise((resolve) => cluster.once('exit', resolve));
  cluster.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const names = readdirSync(path.join(import.meta.dirname, 'cases')).map((file) => file.replace(/\.t$/, ''));

async function replay(only: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const kubectl = await ensureKubectl();
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'run.mjs'), '--kubeconfig', kubeconfig, '--kubectl', kubectl, '--only', only, '--diff'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

/** Transcripts of a real Kubernetes 1.36.2, unedited, replayed against the embedded cluster. */
describe('transcripts', () => {
  it.each(names)(
    '%s replays as on Kubernetes 1.36.2',
    async (name) => {
      const { code, output } = await replay(`${name}.t`);
      expect(code, output).toBe(0);
    },
    150_000,
  );

  it('are all there', () => {
    expect(names).toHaveLength(25);
    expect(names.every((name) => readFileSync(path.join(import.meta.dirname, 'cases', `${name}.t`), 'utf8').length > 0)).toBe(true);
  });
});
