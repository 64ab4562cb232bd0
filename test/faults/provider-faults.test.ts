import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearProviders, ensureProviders } from '../../labs/sandbox-providers.ts';
import { combineFaults } from '../../scenarios/faults/combined-fault.ts';
import { findFault, providerFaultIds } from '../../scenarios/faults/fault-catalogue.ts';
import type { Proof } from '../../scenarios/faults/fault.ts';
import { callGateway, echoQuestion, question, readAnswer, type Call } from '../../scenarios/faults/gateway-calls.ts';
import { ProviderClient, type ProviderReply } from '../../scenarios/faults/provider-client.ts';
import { providerPod } from '../../labs/provider-objects.ts';
import { GatewayWorld, providers, until } from './gateway-world.ts';

type Name = 'alpha' | 'beta';

/** What is wrong is in the text alone: one vendor's face shows it as well as the other's. */
const ofTheText: readonly string[] = ['harmful-output', 'personal-data-leaked', 'wrong-answers'];
const cases: readonly (readonly [id: string, parameters: { readonly provider: Name }])[] = [
  ...providerFaultIds.map((id) => [id, { provider: 'alpha' }] as const),
  ...providerFaultIds.filter((id) => !ofTheText.includes(id)).map((id) => [id, { provider: 'beta' }] as const),
  ['provider-outage', { provider: 'alpha', way: 'errors', share: 0.5 } as { provider: Name }],
];

let world: GatewayWorld;
beforeAll(async () => void (world = await GatewayWorld.open()), 150_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

const inject = async (id: string, parameters: object): Promise<unknown> =>
  JSON.parse(JSON.stringify(await findFault(id)!.inject(world.target, parameters))) as unknown;
const prove = (id: string, data: unknown): Promise<Proof> => findFault(id)!.prove(world.target, data);
const recover = (id: string, data: unknown): Promise<void> => findFault(id)!.recover(world.target, data);
const faultsOf = async (name: Name): Promise<object> =>
  ((await world.access.providers.order(name, { action: 'state' })) as { readonly faults: object }).faults;

async function untilLive(id: string, data: unknown): Promise<void> {
  let proof: Proof | undefined;
  await until(`${id} is live`, async () => (proof = await prove(id, data)).live).catch((error: unknown) => {
    throw new Error(`${String(error)} ${JSON.stringify(proof)}`);
  });
}

async function askProvider(name: Name): Promise<ProviderReply> {
  const account = (await world.access.providers.accounts()).find((one) => one.name === name)!;
  const client = new ProviderClient(world.target, account);
  const [reply] = await client.ask([{ model: client.model(), prompt: 'Repeat exactly: well', isStream: true }]);
  return reply!;
}

async function askGateway(model: string): Promise<Call> {
  const [call] = await callGateway(world.target, [echoQuestion(model)]);
  return call!;
}

/** A message of the provider's or of the gateway's. */
function headersOf(call: Call): readonly string[] {
  return call.kind === 'answered' ? Object.keys(call.headers) : [];
}

describe('a provider', () => {
  it.each(['alpha', 'beta'] as const)('is well (%s)', async (name) => {
    expect(await askProvider(name)).toMatchObject({ kind: 'answered', text: 'well' });
  });

  it.each(cases)('%s %j is injected, shown to be live, and taken back', async (id, parameters) => {
    const { provider } = parameters;
    const data = await inject(id, parameters);
    await untilLive(id, data);
    await recover(id, data);
    expect(await faultsOf(provider)).toEqual({});
    expect(await askProvider(provider)).toMatchObject({ kind: 'answered', text: 'well' });
  });

  it('has two faults that are taken back in either order', async () => {
    const parts = [
      { fault: findFault('slow-stream')!, parameters: { provider: 'alpha' } },
      { fault: findFault('wrong-answers')!, parameters: { provider: 'alpha', share: 1 } },
    ];
    const both = combineFaults(parts);
    const data = await both.inject(world.target, undefined);
    await until('both are live', async () => (await both.prove(world.target, data)).live);
    await both.recover(world.target, data);
    expect(await faultsOf('alpha')).toEqual({});
    const [slow, wrong] = [await inject('slow-stream', {}), await inject('wrong-answers', { share: 1 })];
    await recover('slow-stream', slow);
    expect(await faultsOf('alpha')).toEqual({ wrongAnswers: { share: 1 } });
    await untilLive('wrong-answers', wrong);
    await recover('wrong-answers', wrong);
    expect(await faultsOf('alpha')).toEqual({});
  });

  it('has none after a reset, and is found again under its name when its pod was lost', async () => {
    await inject('provider-outage', {});
    await inject('harmful-output', { provider: 'beta' });
    const { namespace, pod } = providerPod('beta');
    await world.access.objects.remove({ kind: 'Pod', namespace, name: pod }, { graceSeconds: 0 });
    await until('the pod is gone', async () => (await world.access.objects.find({ kind: 'Pod', namespace, name: pod })) === undefined);
    await ensureProviders(world.access, providers, world.target.signal);
    await clearProviders(world.access, providers);
    for (const name of ['alpha', 'beta'] as const)
      await until(`${name} answers`, async () => (await askProvider(name)).kind === 'answered');
  });

  it('that the lab does not have cannot be struck', async () => {
    await expect(inject('provider-outage', { provider: 'gamma' })).rejects.toThrow('no provider gamma');
  });
});

describe('through the gateway', () => {
  it('a provider’s 429 is told from the gateway’s own', async () => {
    const limit = await inject('provider-rate-limit', { provider: 'beta' });
    let theirs: Call | undefined;
    await until('clients meet the provider’s limit', async () => {
      theirs = await askGateway('chat-backup');
      return theirs.kind === 'answered' && theirs.status === 429;
    });
    expect(headersOf(theirs!)).toContain('llm_provider-anthropic-ratelimit-requests-limit');
    expect(headersOf(theirs!)).not.toContain('rate_limit_type');
    expect(theirs).toMatchObject({ body: { error: { message: expect.stringContaining('RateLimitError') as string } } });
    await recover('provider-rate-limit', limit);
    await until('clients are answered', async () => readAnswer(await askGateway('chat-backup')) !== undefined);
    const own = await inject('gateway-rate-limit', { requestsPerMinute: 1 });
    let ours: Call | undefined;
    await until('clients meet the gateway’s limit', async () => {
      ours = await askGateway('chat-backup');
      return ours.kind === 'answered' && ours.status === 429;
    });
    expect(headersOf(ours!)).toEqual(expect.arrayContaining(['retry-after', 'rate_limit_type']));
    expect(headersOf(ours!).filter((name) => name.startsWith('llm_provider-'))).toEqual([]);
    await recover('gateway-rate-limit', own);
    await until('clients are answered', async () => readAnswer(await askGateway('chat-backup')) !== undefined);
  });

  it('an outage is lived with by a fallback, and taken back all the same', async () => {
    const data = await inject('provider-outage', { provider: 'alpha' });
    await untilLive('provider-outage', data);
    expect(await askGateway('chat')).toMatchObject({ status: 200, headers: { 'x-litellm-attempted-fallbacks': '1' } });
    await recover('provider-outage', data);
    await until('the first provider answers', async () => {
      const call = await askGateway('chat');
      return call.kind === 'answered' && call.status === 200 && call.headers['x-litellm-attempted-fallbacks'] === '0';
    });
  });

  it('a harmful answer reaches clients of a gateway that inspects questions only', async () => {
    const data = await inject('harmful-output', { provider: 'beta' });
    const [call] = await callGateway(world.target, [question('chat-backup', 'Repeat exactly: a kind word')]);
    expect(readAnswer(call)?.content).toMatch(/kill|hurt|vermin|break into/);
    await recover('harmful-output', data);
    const [after] = await callGateway(world.target, [question('chat-backup', 'Repeat exactly: a kind word')]);
    expect(readAnswer(after)?.content).toBe('a kind word');
  });
});
