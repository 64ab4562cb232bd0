import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKubectl } from '../../infra/setup/kubectl.ts';
import { projectRoot } from '../../infra/setup/project-root.ts';

/** Transcripts of a real Kubernetes 1.36.2, unedited, replayed against the embedded cluster. Those that do not replay whole are named with the reason. */
const openShift = 'recorded where every namespace holds a ConfigMap openshift-service-ca.crt, which upstream Kubernetes does not make';
const notYet: Readonly<Record<string, string>> = { 'config-secret-configmap': openShift, metadata: openShift };

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

describe('transcripts', () => {
  it.each(names.filter((name) => notYet[name] === undefined))(
    '%s replays as on Kubernetes 1.36.2',
    async (name) => {
      const { code, output } = await replay(`${name}.t`);
      expect(code, output).toBe(0);
    },
    150_000,
  );

  it('names no transcript that is not there', () => {
    expect(Object.keys(notYet).filter((name) => !names.includes(name))).toEqual([]);
    expect(names.every((name) => readFileSync(path.join(import.meta.dirname, 'cases', `${name}.t`), 'utf8').length > 0)).toBe(true);
  });
});
