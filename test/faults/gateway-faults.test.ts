import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigMap, Pod } from '../../infra/cluster/meta/generated/types.ts';
import { combineFaults } from '../../scenarios/faults/combined-fault.ts';
import { findFault, gatewayFaultIds } from '../../scenarios/faults/fault-catalogue.ts';
import type { Proof } from '../../scenarios/faults/fault.ts';
import { callGateway, echoQuestion, question, readAnswer, readRefusal, type Call } from '../../scenarios/faults/gateway-calls.ts';
import { gatewayConfig, gatewayEndpoint, GatewayWorld, until } from './gateway-world.ts';

const cases: readonly (readonly [id: string, parameters: object])[] = [
  ['fallback-broken', { way: 'unknown-group' }],
  ['fallback-broken', { way: 'wrong-key' }],
  ['gateway-rate-limit', { requestsPerMinute: 1 }],
  ['guardrail-down', { fail: 'open' }],
  ['guardrail-down', { fail: 'closed' }],
  ['prompt-injection', {}],
  ['personal-data-in-logs', {}],
  ['cache-poisoned', {}],
  ['cost-runaway', { model: 'openai/alpha-4', inputCost: 0.000002, outputCost: 0.000008 }],
];

let world: GatewayWorld;
beforeAll(async () => void (world = await GatewayWorld.open()), 150_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

const ask = async (...questions: Parameters<typeof callGateway>[1]): Promise<readonly Call[]> => callGateway(world.target, questions);
const prove = (id: string, data: unknown): Promise<Proof> => findFault(id)!.prove(world.target, data);
const configText = async (): Promise<string | undefined> => {
  const ref = { kind: 'ConfigMap', namespace: gatewayEndpoint.namespace, name: 'gateway-config' };
  return (await world.target.objects.find<ConfigMap>(ref))?.data?.['config.yaml'];
};

/** Clients are answered, and nothing of what these cases look for is there. */
async function awaitHealthy(ids: readonly (readonly [string, object])[]): Promise<void> {
  await world.awaitGateway();
  await until('clients are answered', async () => readAnswer((await ask(echoQuestion('chat')))[0]) !== undefined);
  for (const [id, parameters] of ids) await until(`${id} is not live`, async () => !(await prove(id, parameters)).live);
}

async function injectUntilLive(id: string, parameters: object): Promise<unknown> {
  const data = JSON.parse(JSON.stringify(await findFault(id)!.inject(world.target, parameters))) as unknown;
  let proof: Proof | undefined;
  await until(`${id} is live`, async () => (proof = await prove(id, data)).live).catch((error: unknown) => {
    throw new Error(`${String(error)} ${JSON.stringify(proof)}`);
  });
  return data;
}

it('covers every fault of a gateway', () => {
  expect(new Set(cases.map(([id]) => id))).toEqual(new Set(gatewayFaultIds));
});

describe('on a healthy gateway', () => {
  it.each(cases)('%s %j is injected, shown to be live, and taken back', async (id, parameters) => {
    await awaitHealthy([[id, parameters]]);
    const data = await injectUntilLive(id, parameters);
    const broken = await configText();
    await findFault(id)!.inject(world.target, parameters);
    expect(await configText()).toBe(broken);
    if (broken !== gatewayConfig) expect(broken).toContain('# Atlas: one way to all models.');
    await findFault(id)!.recover(world.target, data);
    expect(await configText()).toBe(gatewayConfig);
    await awaitHealthy([[id, parameters]]);
  });

  it('a broken fallback shows on the day that it is needed', async () => {
    await world.orderProvider('alpha', { outage: { kind: 'serverError' } });
    const [saved] = await ask(echoQuestion('chat'));
    expect(saved).toMatchObject({ status: 200, headers: { 'x-litellm-attempted-fallbacks': '1' } });
    const data = await injectUntilLive('fallback-broken', { way: 'unknown-group' });
    const [lost] = await ask(echoQuestion('chat'));
    expect(lost).toMatchObject({ status: 503 });
    expect(readRefusal(lost)?.message).toMatch(/ServiceUnavailableError.*Error doing the fallback: .*chat-backup-v2/s);
    await findFault('fallback-broken')!.recover(world.target, data);
    await until('the fallback answers', async () => readAnswer((await ask(echoQuestion('chat')))[0]) !== undefined);
    await world.orderProvider('alpha', {});
  });

  it('an expired key is hidden by the fallback, and mended with the next key while the old one stays expired', async () => {
    const data = await injectUntilLive('expired-key', { provider: 'alpha' });
    const [hidden] = await ask(echoQuestion('chat'));
    expect(hidden).toMatchObject({ status: 200, headers: { 'x-litellm-attempted-fallbacks': '1' } });
    const [metrics] = await ask({ method: 'GET', path: '/metrics' });
    expect(metrics).toMatchObject({
      body: expect.stringMatching(/deployment_failure_responses_total\{.*exception_class="auth"/) as string,
    });
    const { namespace } = gatewayEndpoint;
    const key = Buffer.from(String(world.keys['alphaKey_next'])).toString('base64');
    await world.target.objects.patch({ kind: 'Secret', namespace, name: 'gateway-keys' }, 'merge', { data: { 'alpha-key': key } });
    const [pod] = await world.target.objects.list<Pod>('Pod', { namespace });
    await world.target.objects.remove({ kind: 'Pod', namespace, name: pod!.metadata.name }, { graceSeconds: 1 });
    await until('the first provider answers again', async () => {
      const [call] = await ask(echoQuestion('chat'));
      return call?.kind === 'answered' && call.headers['x-litellm-attempted-fallbacks'] === '0';
    });
    expect(await prove('expired-key', data)).toMatchObject({ live: true });
    await findFault('expired-key')!.recover(world.target, data);
    expect(await prove('expired-key', data)).toMatchObject({ live: false });
  });

  it('prompts with personal data are in the log as long as the fault is', async () => {
    const said = 'Repeat exactly: I am reached at ada.lovelace@example.org';
    const logged = async (): Promise<boolean> => {
      await ask(question('chat', said));
      const pods = await world.target.objects.list<Pod>('Pod', { namespace: gatewayEndpoint.namespace });
      return (await world.logOf(pods[0]!.metadata.name)).includes('ada.lovelace@example.org');
    };
    expect(await logged()).toBe(false);
    const data = await injectUntilLive('personal-data-in-logs', {});
    await until('the log has it', logged);
    await findFault('personal-data-in-logs')!.recover(world.target, data);
    await awaitHealthy([['personal-data-in-logs', {}]]);
  });

  it('two at once are taken back together', async () => {
    const parts: readonly (readonly [string, object])[] = [
      ['guardrail-down', { fail: 'open' }],
      ['gateway-rate-limit', { requestsPerMinute: 3 }],
    ];
    const both = combineFaults(parts.map(([id, parameters]) => ({ fault: findFault(id)!, parameters })));
    const data = await both.inject(world.target, undefined);
    await until('both are live', async () => (await both.prove(world.target, data)).live);
    await both.recover(world.target, data);
    expect(await configText()).toBe(gatewayConfig);
    await awaitHealthy(parts);
  });

  it('what a trainee took away meanwhile stays away', async () => {
    const data = await injectUntilLive('prompt-injection', {});
    const ref = { kind: 'Deployment', namespace: gatewayEndpoint.namespace, name: 'gateway' };
    await world.target.objects.remove(ref);
    await findFault('prompt-injection')!.recover(world.target, data);
    expect(await world.target.objects.find(ref)).toBeUndefined();
    expect(await configText()).toBe(gatewayConfig);
  });
});
