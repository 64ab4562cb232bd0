import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerFixture, withoutEngine } from '../../runtime/docker/testing/docker-fixture.ts';
import { ProcessFixture, testedModes } from '../../runtime/process/testing/process-fixture.ts';
import { ensureImageBundles } from '../bundle.ts';

const IMAGE = 'registry.lab/gateway:1.0';
const env = [{ name: 'LITELLM_MASTER_KEY', value: 'sk-image-0001' }];

const guard = ['node', '/app/gateway.mjs', 'guard', '--port', '8000'];
/** The classifier of the same image stands in for a model: it answers `safe`. */
const gateway = (ip: string): readonly string[] => {
  const model = `{ model_name: chat, litellm_params: { model: hosted_vllm/llama-guard-3-8b, api_base: "http://${ip}:8000/v1" } }`;
  const config = `model_list: [${model}]\ngeneral_settings: { database_url: "file:/tmp/state.json" }\n`;
  return ['bash', '-c', `printf '%s' '${config}' > /tmp/config.yaml; exec node /app/gateway.mjs --config /tmp/config.yaml`];
};

const visit = `fetch(process.argv[1], { method: process.argv[2] === '' ? 'GET' : 'POST', headers: { authorization: 'Bearer sk-image-0001' },
  ...(process.argv[2] === '' ? {} : { body: process.argv[2] }) })
  .then(async (response) => console.log(response.status, await response.text()), (error) => console.log(error.cause.code))`;

interface Lab {
  readonly ip: string;
  inGateway(command: readonly string[]): Promise<string>;
  dispose(): Promise<void>;
}

async function dockerLab(): Promise<Lab> {
  const fixture = await DockerFixture.create();
  const cluster = await fixture.openCluster('gateway');
  const model = await cluster.runBox({ name: 'guard' }, { image: IMAGE, command: guard });
  const box = await cluster.runBox({ name: 'gateway' }, { image: IMAGE, command: gateway(model.ip), env });
  return {
    ip: box.ip,
    inGateway: async (command) => (await cluster.exec(box.id, command)).stdout.trim(),
    dispose: () => fixture[Symbol.asyncDispose](),
  };
}

async function processLab(mode: 'auto' | 'off'): Promise<Lab> {
  await ensureImageBundles();
  const fixture = await ProcessFixture.open(mode);
  const [modelPod, pod] = [await fixture.runPod(), await fixture.runPod()];
  await fixture.run(guard, { pod: modelPod, image: IMAGE });
  const box = await fixture.run(gateway(modelPod.ip), { pod, image: IMAGE, env });
  return {
    ip: pod.ip,
    inGateway: async (command) => (await fixture.exec(box, command)).stdout.trim(),
    dispose: () => fixture[Symbol.asyncDispose](),
  };
}

const labs = [
  { name: 'docker', isSkipped: withoutEngine, open: dockerLab },
  ...testedModes.map(({ mode }) => ({ name: `process, bubblewrap ${mode}`, isSkipped: false, open: () => processLab(mode) })),
];

describe.each(labs)('the gateway’s image ($name)', ({ isSkipped, open }) => {
  let lab: Lab;
  beforeAll(async () => {
    if (!isSkipped) lab = await open();
  });
  afterAll(async () => {
    if (!isSkipped) await lab.dispose();
  });
  const call = (path: string, body: object | '' = ''): Promise<string> =>
    lab.inGateway(['node', '-e', visit, `http://${lab.ip}:4000${path}`, body === '' ? '' : JSON.stringify(body)]);

  it.skipIf(isSkipped)('finds its model, answers and keeps its keys in a file of its own', async () => {
    await expect.poll(() => call('/health/readiness'), { timeout: 20_000 }).toMatch(/^200 .*"db":"connected"/);
    const question = { model: 'chat', messages: [{ role: 'user', content: 'How do I kill a process?' }] };
    await expect.poll(() => call('/v1/chat/completions', question), { timeout: 20_000 }).toMatch(/^200 .*"content":"safe"/);
    expect(await call('/key/generate', {})).toMatch(/^200 .*"key":"sk-/);
    expect(await lab.inGateway(['stat', '-c', '%a', '/tmp/state.json'])).toBe('600');
  });
});
