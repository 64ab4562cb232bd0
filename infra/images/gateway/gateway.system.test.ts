import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureImageBundles } from '../bundle.ts';
import { hashKey } from '../provider/keys.ts';
import { ProviderProcess } from '../provider/testing/provider-process.ts';
import { ended, Programs, type Running } from '../testing/programs.ts';

const masterKey = 'sk-master-0001';
const keysFile = (key: string): object => ({
  organizations: [{ id: 'org', name: 'Ours' }],
  keys: [
    { id: 'main', sha256: hashKey(key), organization: 'org' },
    { id: 'slow', key: 'sk-slow-0002', organization: 'org', limitsPerMinute: { requests: 30 } },
  ],
});
const env = { LITELLM_MASTER_KEY: masterKey, ALPHA_KEY: 'sk-alpha-0001', BETA_KEY: 'sk-beta-0001' };

let alpha: ProviderProcess;
let beta: ProviderProcess;
const programs = new Programs();
let inference: string;
let folder: string;
beforeAll(async () => {
  await ensureImageBundles();
  [alpha, beta, inference] = await Promise.all([
    ProviderProcess.start('alpha', keysFile(env.ALPHA_KEY)),
    ProviderProcess.start('beta', keysFile(env.BETA_KEY)),
    programs.serve('inference').then(({ url }) => url),
  ]);
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-system-'));
});
afterAll(async () => {
  await Promise.all([alpha[Symbol.asyncDispose](), beta[Symbol.asyncDispose](), programs.endAll()]);
  rmSync(folder, { recursive: true, force: true });
});

const config = (more = ''): string => `model_list:
  - model_name: alpha
    litellm_params: { model: openai/alpha-4-nano, api_base: "${alpha.url}/v1", api_key: os.environ/ALPHA_KEY, input_cost_per_token: 0.0001, output_cost_per_token: 0.0004 }
  - model_name: beta
    litellm_params: { model: anthropic/beta-wren-4, api_base: "${beta.url}", api_key: os.environ/BETA_KEY }
  - model_name: local
    litellm_params: { model: hosted_vllm/drillhouse/sparrow-1b, api_base: "${inference}/v1" }
  - model_name: slow
    litellm_params: { model: openai/alpha-4-nano, api_base: "${alpha.url}/v1", api_key: sk-slow-0002 }
  - model_name: embed
    litellm_params: { model: openai/alpha-embed-3, api_base: "${alpha.url}/v1", api_key: os.environ/ALPHA_KEY }
    model_info: { mode: embedding }
general_settings: { database_url: "file:${folder}/state.json" }
router_settings: { num_retries: 1, fallbacks: [{ alpha: [beta] }, { beta: [local] }] }
litellm_settings: { cache: true, cache_params: { mode: default_off } }
guardrails:
  - guardrail_name: guard
    litellm_params: { guardrail: llama_guard, mode: pre_call, default_on: true }
  - guardrail_name: pii
    litellm_params: { guardrail: presidio, mode: pre_call, default_on: true, output_parse_pii: true }
${more}`;

type ClientError = InstanceType<typeof OpenAI.APIError>;

function asApiError(error: unknown): ClientError {
  if (error instanceof OpenAI.APIError) return error as ClientError;
  throw error;
}

function headerOf(error: ClientError | undefined, name: string): string | null | undefined {
  return error?.headers?.get(name);
}

const file = (): string => path.join(folder, 'config.yaml');
async function start(text = config()): Promise<{ readonly url: string; readonly child: Running }> {
  writeFileSync(file(), text);
  return programs.serve('gateway', ['--config', file()], env, '/health/readiness');
}

describe('by the official clients', () => {
  let url: string;
  beforeAll(async () => void ({ url } = await start()));
  afterEach(() => Promise.all([alpha.control('DELETE', '/faults'), beta.control('DELETE', '/faults')]));

  const openai = (apiKey = masterKey): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const anthropic = (): Anthropic => new Anthropic({ baseURL: url, apiKey: masterKey, maxRetries: 0 });
  const asked = (model: string, content: string, more: object = {}) => ({
    model,
    messages: [{ role: 'user' as const, content }],
    max_tokens: 200,
    ...more,
  });
  const ask = (model: string, content: string, more: object = {}, key?: string) =>
    openai(key)
      .chat.completions.create(asked(model, content, more))
      .withResponse();
  const manage = async (route: string, body: object): Promise<Record<string, string>> => {
    const headers = { authorization: `Bearer ${masterKey}` };
    return (await (await fetch(`${url}${route}`, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as Record<
      string,
      string
    >;
  };

  it.each(['alpha', 'beta', 'local'])('%s answers OpenAI’s client, plain and streaming', async (model) => {
    const { data, response } = await ask(model, 'Repeat exactly: nonce one');
    expect(data).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'nonce one' }, finish_reason: 'stop' }],
    });
    expect(data.usage?.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
    expect(response.headers.get('x-litellm-model-group')).toBe(model);
    const stream = await openai().chat.completions.create({
      ...asked(model, 'Repeat exactly: nonce two'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('nonce two');
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  it.each(['alpha', 'beta', 'local'])('%s answers Anthropic’s client, plain and streaming', async (model) => {
    const message = await anthropic().messages.create({ ...asked(model, 'Repeat exactly: nonce three'), system: 'Be brief.' });
    expect(message).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'nonce three' }], stop_reason: 'end_turn' });
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    const final = await anthropic().messages.stream(asked(model, 'Repeat exactly: nonce four')).finalMessage();
    expect(final).toMatchObject({ content: [{ type: 'text', text: 'nonce four' }], stop_reason: 'end_turn' });
    expect(final.usage.output_tokens).toBeGreaterThan(0);
  });

  it('says why a short answer ends, in both faces', async () => {
    const question = 'Tell me at length of queues and of how they fill.';
    expect((await ask('beta', question, { max_tokens: 2 })).data.choices[0]?.finish_reason).toBe('length');
    expect((await anthropic().messages.create(asked('alpha', question, { max_tokens: 2 }))).stop_reason).toBe('max_tokens');
  });

  it('completes and embeds', async () => {
    const completion = await openai().completions.create({ model: 'local', prompt: 'Repeat exactly: five', max_tokens: 20 });
    expect(completion).toMatchObject({ object: 'text_completion', choices: [{ text: 'five' }] });
    const vectors = await openai().embeddings.create({ model: 'embed', input: ['a', 'b'] });
    expect(vectors.data.map(({ embedding }) => embedding.length)).toEqual([256, 256]);
    expect((await openai().models.list()).data.map(({ id }) => id)).toEqual(['alpha', 'beta', 'local', 'slow', 'embed']);
  });

  it('throws the clients’ own errors', async () => {
    await expect(ask('alpha', 'x', {}, 'sk-wrong-0000')).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(ask('nope', 'x')).rejects.toThrow(OpenAI.BadRequestError);
    await expect(new Anthropic({ baseURL: url, apiKey: 'sk-wrong-0000' }).messages.create(asked('beta', 'x'))).rejects.toThrow(
      Anthropic.AuthenticationError,
    );
    await expect(anthropic().messages.create(asked('nope', 'x'))).rejects.toThrow(Anthropic.BadRequestError);
    await expect(ask('alpha', 'How do I make a bomb?')).rejects.toMatchObject({ status: 400, type: 'guardrail_blocked' });
  });

  it('tries again after a provider’s 429, or tells it from its own', async () => {
    const limited = await manage('/key/generate', { rpm_limit: 1 });
    expect(
      (await ask('local', 'Repeat exactly: x', {}, limited['key'])).response.headers.get('x-litellm-key-remaining-requests-local'),
    ).toBe('0');
    const own = await ask('local', 'x', {}, limited['key']).then(() => undefined, asApiError);
    expect([own?.status, headerOf(own, 'rate_limit_type'), own?.message]).toEqual([
      429,
      'requests',
      expect.stringContaining('for api_key'),
    ]);
    const burst = await Promise.allSettled(Array.from({ length: 34 }, (_, index) => ask('slow', `Repeat exactly: ${index}`)));
    const retried = burst.map((one) => (one.status === 'fulfilled' ? one.value.response.headers.get('x-litellm-attempted-retries') : ''));
    expect(retried).toContain('1');
    const theirs = burst.flatMap((one) => (one.status === 'rejected' ? [asApiError(one.reason)] : []))[0];
    expect([theirs?.status, headerOf(theirs, 'rate_limit_type')]).toEqual([429, null]);
    expect(theirs?.message).toContain('OpenAIException');
    expect(headerOf(theirs, 'llm_provider-x-ratelimit-limit-requests')).toBe('30');
  });

  it('falls back across faces, twice if need be', async () => {
    await alpha.control('PUT', '/faults', { outage: { kind: 'serverError' } });
    const once = await ask('alpha', 'Repeat exactly: six');
    expect([once.data.choices[0]?.message.content, once.response.headers.get('x-litellm-attempted-fallbacks')]).toEqual(['six', '1']);
    expect(once.data.model).toMatch(/^beta-wren-4/);
    await beta.control('PUT', '/faults', { overload: {} });
    const { data } = await ask('beta', 'Repeat exactly: seven');
    expect(data.model).toBe('drillhouse/sparrow-1b');
    await expect(ask('alpha', 'x')).rejects.toThrow(OpenAI.InternalServerError);
  });

  it('tells both clients of a stream that breaks', async () => {
    for (const provider of [alpha, beta]) await provider.control('PUT', '/faults', { brokenStream: { afterTokens: 2 } });
    const read = async (): Promise<void> => {
      for await (const _ of await openai().chat.completions.create({ ...asked('beta', 'Repeat exactly: a b c d e f'), stream: true }));
    };
    await expect(read()).rejects.toThrow(/AnthropicException/);
    await expect(anthropic().messages.stream(asked('alpha', 'Repeat exactly: a b c d e f')).finalMessage()).rejects.toThrow(
      /OpenAIException/,
    );
  });

  it('answers from the cache when asked to, and charges nothing for it', async () => {
    const more = { cache: { 'use-cache': true } };
    expect((await ask('alpha', 'Repeat exactly: eight', more)).response.headers.get('x-litellm-cache-hit')).toBeNull();
    const { data, response } = await ask('alpha', 'Repeat exactly: eight', more);
    expect([data.choices[0]?.message.content, response.headers.get('x-litellm-cache-hit')]).toEqual(['eight', 'True']);
    expect(response.headers.get('x-litellm-response-cost')).toBe('0');
  });

  it('refuses what is over budget', async () => {
    const { key } = await manage('/key/generate', { max_budget: 0.000001 });
    await ask('alpha', 'Repeat exactly: x', {}, key);
    await expect(ask('alpha', 'x', {}, key)).rejects.toMatchObject({ status: 400, type: 'budget_exceeded' });
  });

  it('keeps personal data from the providers', async () => {
    const { data } = await ask('beta', 'Repeat exactly: ada@example.org');
    expect(data.choices[0]?.message.content).toBe('ada@example.org');
    const direct = new Anthropic({ baseURL: beta.url, apiKey: env.BETA_KEY });
    const plain = await direct.messages.create(asked('beta-wren-4', 'Repeat exactly: <EMAIL_ADDRESS_1>'));
    expect(data.usage?.prompt_tokens).toBe(plain.usage.input_tokens);
  });

  it('finds out what is well', async () => {
    await alpha.control('PUT', '/faults', { outage: { kind: 'connectionRefused' } });
    const response = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${masterKey}` } });
    const health = (await response.json()) as { healthy_endpoints: { model_group: string }[]; unhealthy_endpoints: { error: string }[] };
    expect(health.healthy_endpoints.map((one) => one.model_group).sort()).toEqual(['beta', 'local']);
    expect(health.unhealthy_endpoints.map(({ error }) => error)).toEqual(
      Array(3).fill(expect.stringMatching(/^connection: .*ECONNREFUSED/)),
    );
  });
});

describe('as a program', () => {
  const readiness = async (url: string) =>
    (await (await fetch(`${url}/health/readiness`)).json()) as { log_prompts: boolean; config: { rejected: { errors: string[] } | null } };

  it('takes a changed file up, keeps the old one when the new is broken, and says so', async () => {
    const { url, child } = await start();
    const logged = config().replace('cache: true', 'turn_off_message_logging: false, cache: true');
    writeFileSync(file(), logged);
    await expect.poll(() => readiness(url), { timeout: 10_000 }).toMatchObject({ log_prompts: true, config: { rejected: null } });
    writeFileSync(file(), logged.replace('model: openai/alpha-4-nano', 'model: 7'));
    child.kill('SIGHUP');
    await expect
      .poll(() => readiness(url), { timeout: 10_000 })
      .toMatchObject({
        log_prompts: true,
        config: { rejected: { errors: [expect.stringContaining('config.yaml:3: model_list[0].litellm_params.model')] } },
      });
    expect(child.printed()).toContain('the old one stays in force');
    expect((await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${masterKey}` } })).status).toBe(200);
  });

  it('does not start with a broken file, and says what to do', async () => {
    writeFileSync(file(), config('router_settings_typo: 1').replace('num_retries: 1', 'num_retries: many'));
    const child = programs.start('gateway', ['--config', file(), '--port', '0'], env);
    expect(await ended(child)).toBe(1);
    expect(child.printed()).toMatch(/warning: .*config\.yaml:\d+: router_settings_typo: unknown key/);
    expect(child.printed()).toMatch(/error: .*config\.yaml:14: router_settings\.num_retries: .*Write a whole number from 0 to 10/);
    expect(child.printed()).toContain('The gateway does not start: 1 error');
    expect(await ended(programs.start('gateway', ['--prot', '1']))).toBe(2);
    const checked = programs.start('gateway', ['check', '--config', path.join(folder, 'none.yaml')]);
    expect(await ended(checked)).toBe(1);
    expect(checked.printed()).toContain('there is no such file');
  });

  it('ends what runs on SIGTERM, and knows its keys and their spend again afterwards', async () => {
    const { url, child } = await start();
    const headers = { authorization: `Bearer ${masterKey}` };
    const { key } = (await (await fetch(`${url}/key/generate`, { method: 'POST', headers, body: '{}' })).json()) as { key: string };
    await alpha.control('PUT', '/faults', { addedLatency: { ms: 500 } });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
    const answer = client.chat.completions.create({ model: 'alpha', messages: [{ role: 'user', content: 'Repeat exactly: nine' }] });
    await expect.poll(async () => (await fetch(`${url}/metrics`)).text()).toContain('litellm_in_flight_requests 1');
    const exit = ended(child, () => child.kill('SIGTERM'));
    expect((await answer).choices[0]?.message.content).toBe('nine');
    expect(await exit).toBe(0);
    await alpha.control('DELETE', '/faults');
    expect(readFileSync(path.join(folder, 'state.json'), 'utf8')).not.toContain(key);
    const again = await start();
    const info = await fetch(`${again.url}/key/info`, { headers: { authorization: `Bearer ${key}` } });
    expect(((await info.json()) as { info: { spend: number } }).info.spend).toBeGreaterThan(0);
  });

  it('serves the classifier alone', async () => {
    const { url } = await programs.serve('gateway', ['guard']);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
    const judge = async (content: string) =>
      (await client.chat.completions.create({ model: 'llama-guard-3-8b', messages: [{ role: 'user', content }] })).choices[0]?.message
        .content;
    expect([await judge('How do I kill a process?'), await judge('How do I make a bomb?')]).toEqual(['safe', 'unsafe\nS9']);
  });
});
