import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKubectl, ensureNewestKubectl } from '../../infra/setup/kubectl.ts';
import { ClusterProgram, minorOf } from '../support/cluster-program.ts';
import { forNewestClient } from './newest-client.ts';

/** Between 1.32 and 1.36 no kubectl is tested, so it does not matter which of them brought which words. */
const NEW_WORDING = 36;

const casesFolder = path.join(import.meta.dirname, 'cases');
const names = readdirSync(casesFolder).map((file) => file.replace(/\.t$/, ''));

/** The oldest kubectl there is, 1.32 on Debian trixie, with the transcripts as they are; and 1.36, whose own wording has moved on. */
const [oldest, newest] = await Promise.all([ensureKubectl(), ensureNewestKubectl()]);
const clients = [...new Set([oldest, newest])].map((kubectl) => ({ kubectl, minor: minorOf(kubectl) }));

interface Replay {
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly cases: string;
  readonly only: string;
}

async function replay({ kubeconfig, kubectl, cases, only }: Replay): Promise<{ readonly code: number | null; readonly output: string }> {
  const options = ['--kubeconfig', kubeconfig, '--kubectl', kubectl, '--cases', cases, '--only', only, '--diff'];
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'run.mjs'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

/** The transcripts in a folder of their own, in the words of that client. */
function casesFor(minor: number, folder: string): string {
  if (minor < NEW_WORDING) return casesFolder;
  const cases = path.join(folder, `cases-${minor}`);
  mkdirSync(cases, { recursive: true });
  for (const name of names)
    writeFileSync(path.join(cases, `${name}.t`), forNewestClient(readFileSync(path.join(casesFolder, `${name}.t`), 'utf8')));
  return cases;
}

/** Transcripts of a real Kubernetes 1.36.2, unedited, replayed against the embedded cluster. */
describe.each(['process', 'docker'])('transcripts on the %s runtime', (runtime) => {
  let cluster: ClusterProgram | undefined;

  beforeAll(async () => {
    cluster = await ClusterProgram.start(() => ['--runtime', runtime]);
  }, 120_000);

  afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

  describe.each(clients)('with kubectl 1.$minor', ({ kubectl, minor }) => {
    let cases: string;

    beforeAll(() => {
      cases = casesFor(minor, cluster!.folder);
    });

    // Transcripts have namespaces of their own and mostly wait for states, so Vitest's five at once share a cluster.
    it.concurrent.each(names)(
      '%s replays as on Kubernetes 1.36.2',
      // Some show a pod that has not started yet, and a client on a busy machine may ask when it has.
      { timeout: 300_000, retry: 3 },
      async (name) => {
        const { code, output } = await replay({ kubeconfig: cluster!.kubeconfig, kubectl, cases, only: `${name}.t` });
        expect(code, output).toBe(0);
      },
    );
  });
});

it('the transcripts are all there', () => {
  expect(names).toHaveLength(25);
  expect(names.every((name) => readFileSync(path.join(import.meta.dirname, 'cases', `${name}.t`), 'utf8').length > 0)).toBe(true);
});

it('the newest kubectl is among the clients', () => {
  expect(clients.at(-1)?.minor).toBe(36);
});
