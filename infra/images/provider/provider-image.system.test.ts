import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerFixture, withoutEngine } from '../../runtime/docker/testing/docker-fixture.ts';
import { ProcessFixture, testedModes } from '../../runtime/process/testing/process-fixture.ts';
import { ensureImageBundles } from '../bundle.ts';
import type { ControlAnswer, ControlOrder } from './control-protocol.ts';

const IMAGE = 'registry.lab/provider:1.0';
const token = 'control-token-of-the-tests';
const keys = { organizations: [{ id: 'org-a', name: 'A' }], keys: [{ id: 'k', key: 'sk-image-0001', organization: 'org-a' }] };
const start = [
  'bash',
  '-c',
  `echo '${JSON.stringify(keys)}' > /tmp/keys.json; echo ${token} > /tmp/token; exec node /app/provider.mjs serve`,
] as const;
const env = [
  { name: 'PROVIDER_FACE', value: 'beta' },
  { name: 'KEYS_FILE', value: '/tmp/keys.json' },
  { name: 'CONTROL_TOKEN_FILE', value: '/tmp/token' },
];

/** Prints the status of a request, or the code of what came instead. */
const visit =
  'fetch(process.argv[1], { headers: { "x-api-key": "sk-image-0001", "anthropic-version": "2023-06-01", authorization: process.argv[2] } })' +
  '.then((r) => console.log(r.status), (e) => console.log(e.cause.code))';

interface Lab {
  readonly providerIp: string;
  inProvider(command: readonly string[], input?: string): Promise<string>;
  inWorkspace(command: readonly string[]): Promise<string>;
  dispose(): Promise<void>;
}

async function dockerLab(): Promise<Lab> {
  const fixture = await DockerFixture.create();
  const cluster = await fixture.openCluster('provider');
  const provider = await cluster.runBox({ name: 'provider' }, { image: IMAGE, command: start, env });
  const workspace = await cluster.runBox({ name: 'workspace' }, { image: IMAGE });
  const exec = async (id: string, command: readonly string[], input?: string): Promise<string> =>
    (await cluster.exec(id, command, input === undefined ? {} : { input, stdin: true })).stdout.trim();
  return {
    providerIp: provider.ip,
    inProvider: (command, input) => exec(provider.id, command, input),
    inWorkspace: (command) => exec(workspace.id, command),
    dispose: () => fixture[Symbol.asyncDispose](),
  };
}

async function processLab(mode: 'auto' | 'off'): Promise<Lab> {
  await ensureImageBundles();
  const fixture = await ProcessFixture.open(mode);
  const pod = await fixture.runPod();
  const provider = await fixture.run(start, { pod, image: IMAGE, env });
  const workspace = await fixture.run(['sleep', 'infinity'], { image: IMAGE });
  return {
    providerIp: pod.ip,
    inProvider: async (command, input) => (await fixture.exec(provider, command, input)).stdout.trim(),
    inWorkspace: async (command) => (await fixture.exec(workspace, command)).stdout.trim(),
    dispose: () => fixture[Symbol.asyncDispose](),
  };
}

const labs = [
  { name: 'docker', isSkipped: withoutEngine, open: dockerLab },
  ...testedModes.map(({ mode }) => ({ name: `process, bubblewrap ${mode}`, isSkipped: false, open: () => processLab(mode) })),
];

describe.each(labs)('the provider’s image ($name)', ({ isSkipped, open }) => {
  let lab: Lab;
  beforeAll(async () => {
    if (!isSkipped) lab = await open();
  });
  afterAll(async () => {
    if (!isSkipped) await lab.dispose();
  });

  const status = (port: number, path = '/v1/models'): Promise<string> =>
    lab.inWorkspace(['node', '-e', visit, `http://${lab.providerIp}:${port}${path}`, `Bearer ${token}`]);
  const ctl = async (order: ControlOrder): Promise<ControlAnswer> =>
    JSON.parse(await lab.inProvider(['node', '/app/provider.mjs', 'ctl'], `${JSON.stringify({ order })}\n`)) as ControlAnswer;

  it.skipIf(isSkipped)('serves customers, shows nobody its control port, and obeys orders by exec', async () => {
    await expect.poll(() => status(8080), { timeout: 20_000 }).toBe('200');
    expect(await status(8081, '/healthz')).toBe('200');
    expect(await status(9090, '/state')).toBe('ECONNREFUSED');
    expect(await ctl({ action: 'setFaults', faults: { outage: { kind: 'connectionRefused' } } })).toMatchObject({ status: 200 });
    expect(await status(8080)).toBe('ECONNREFUSED');
    expect(await ctl({ action: 'clearFaults' })).toMatchObject({ status: 200 });
    expect(await status(8080)).toBe('200');
    expect(await ctl({ action: 'requests' })).toMatchObject({ status: 200, body: { lastSequence: 2 } });
  });
});
