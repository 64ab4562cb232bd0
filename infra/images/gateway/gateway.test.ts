import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { configFrom, modelEntry } from './testing/config-text.ts';
import { GatewayHarness, masterKey } from './testing/gateway-harness.ts';
import { breakOff, callTool, hang, refuse, say, ScriptedProvider, stopShort } from './testing/scripted-provider.ts';

let first: ScriptedProvider;
let second: ScriptedProvider;
let harness: GatewayHarness;
beforeAll(async () => void ([first, second] = await Promise.all([ScriptedProvider.start(), ScriptedProvider.start()])));
afterAll(() => [first, second].forEach((provider) => provider.close()));
afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  [first, second].forEach((provider) => provider.reset());
});

const start = async (config: string): Promise<GatewayHarness> => (harness = await GatewayHarness.start(config));
const priced = { input_cost_per_token: 0.001, output_cost_per_token: 0.01 };
const one = (more: Readonly<Record<string, string | number>> = {}): string =>
  `model_list:\n${modelEntry('chat', first.apiBase, { ...priced, ...more })}`;
const two = (): string => one() + modelEntry('backup', second.apiBase, priced);
const contentOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
const errorOf = async (response: Response): Promise<{ message: string; type: string; code: string; provider_specific_fields?: object }> =>
  ((await response.json()) as { error: { message: string; type: string; code: string } }).error;
/** Moves time until the promise settles. */
async function letPass<T>(promise: Promise<T>, stepMs = 500): Promise<T> {
  const state = { isSettled: false };
  void promise.finally(() => (state.isSettled = true)).catch(() => undefined);
  for (let step = 0; !state.isSettled && step < 1_000; step += 1) {
    await harness.clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return promise;
}

describe('what fails', () => {
  it('is tried again, after the time that the provider asks for', async () => {
    await start(one());
    first.script(refuse(429, {}, { 'retry-after': '7' }), refuse(500));
    const beganAt = harness.clock.now();
    const response = await letPass(harness.chat('hello'));
    expect(await contentOf(response)).toBe('hello');
    expect(response.headers.get('x-litellm-attempted-retries')).toBe('2');
    expect(harness.clock.now() - beganAt).toBeGreaterThanOrEqual(7_500);
  });

  it('is told with whose failure it is once the retries are used up', async () => {
    await start(one({ max_retries: 1 }));
    first.script(refuse(429, {}, { 'retry-after': '1', 'x-ratelimit-remaining-requests': '0' }), refuse(429));
    const response = await letPass(harness.chat('hello'));
    expect(response.status).toBe(429);
    expect(response.headers.get('rate_limit_type')).toBeNull();
    expect(response.headers.get('x-litellm-model-api-base')).toBe(first.apiBase);
    expect(await errorOf(response)).toMatchObject({
      message: expect.stringMatching(/^litellm\.RateLimitError: .*Available Model Group Fallbacks=None LiteLLM Retried: 1 times/s),
      provider_specific_fields: { llm_provider: 'openai' },
    });
  });

  it('goes to another deployment of the group, and is left alone for a while', async () => {
    await start(one() + modelEntry('chat', second.apiBase, priced));
    first.script(refuse(401), refuse(401));
    expect((await harness.chat('a')).headers.get('x-litellm-model-api-base')).toBe(second.apiBase);
    expect((await harness.chat('b')).headers.get('x-litellm-model-api-base')).toBe(second.apiBase);
    expect(first.received).toHaveLength(1);
    expect(await harness.metric('litellm_deployment_state', `api_base="${first.apiBase}"`)).toBe(2);
    expect(await harness.metric('litellm_deployment_cooled_down_total', `api_base="${first.apiBase}"`, 'exception_status="401"')).toBe(1);
    await harness.clock.advance(5_000);
    await harness.chat('c');
    expect(first.received).toHaveLength(2);
  });

  it('is tried elsewhere at once when there is an elsewhere', async () => {
    await start(one() + modelEntry('chat', second.apiBase, priced));
    first.script(refuse(500), refuse(500));
    const response = await harness.chat('a');
    expect([response.headers.get('x-litellm-attempted-retries'), first.received.length, second.received.length]).toEqual(['1', 1, 1]);
  });

  it('falls back to another group, and says so', async () => {
    await start(`${two()}router_settings: { num_retries: 0, fallbacks: [{ chat: [backup] }] }\n`);
    first.script(refuse(503));
    const response = await harness.chat('hello');
    expect(await contentOf(response)).toBe('hello');
    expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    expect(await harness.metric('litellm_deployment_successful_fallbacks_total', 'fallback_model="backup"')).toBe(1);
  });

  it.each([
    ['leads nowhere', 'nowhere', "You passed in model=nowhere. There is no 'model_name' with this string"],
    ['fails too', 'backup', 'litellm.AuthenticationError'],
  ])('tells of the first failure when the fallback %s', async (_, group, expected) => {
    await start(`${two()}router_settings: { num_retries: 0, fallbacks: [{ chat: [${group}] }] }\n`);
    first.script(refuse(500, { message: 'first' }));
    second.script(refuse(401, { message: 'second' }));
    const response = await harness.chat('hello');
    expect(response.status).toBe(500);
    const { message } = await errorOf(response);
    expect(message).toContain('InternalServerError: OpenAIException - first');
    expect(message).toContain(`Available Model Group Fallbacks=['${group}']`);
    expect(message).toMatch(new RegExp(`Error doing the fallback: .*${expected}`));
    expect(await harness.metric('litellm_deployment_failed_fallbacks_total', `fallback_model="${group}"`)).toBe(1);
  });

  it('is not tried elsewhere when the request is at fault, unless there is a fallback for just that', async () => {
    const refused = refuse(400, { code: 'content_policy_violation' });
    await start(`${two()}router_settings: { fallbacks: [{ chat: [backup] }] }\n`);
    first.script(refused, refuse(400, { message: 'messages: required' }));
    expect([(await harness.chat('a')).status, (await harness.chat('b')).status]).toEqual([400, 400]);
    expect(second.received).toHaveLength(0);
    harness.gateway.reconfigure(configFrom(`${two()}router_settings: { content_policy_fallbacks: [{ chat: [backup] }] }\n`), []);
    first.script(refused);
    expect((await harness.chat('c')).status).toBe(200);
  });

  it('stays where it is and is tried as often as the client says', async () => {
    await start(`${two()}router_settings: { num_retries: 0, fallbacks: [{ chat: [backup] }] }\n`);
    first.script(refuse(500), refuse(500));
    const response = await letPass(harness.chat('a', { disable_fallbacks: true, num_retries: 1 }));
    expect([response.status, first.received.length, second.received.length]).toEqual([500, 2, 0]);
    expect(first.received[0]!.body).not.toHaveProperty('num_retries');
    expect(await errorOf(await harness.chat('b', { fallbacks: ['backup'] }))).toMatchObject({
      code: '400',
      message: expect.stringContaining('fallbacks'),
    });
  });

  it('by silence is a timeout', async () => {
    await start(`${two()}router_settings: { num_retries: 0, timeout: 0.1, fallbacks: [{ chat: [backup] }] }\n`);
    first.script(hang, hang);
    second.script(hang);
    expect((await harness.chat('a', { stream: true })).status).toBe(408);
    expect((await harness.chat('b')).headers.get('x-litellm-attempted-fallbacks')).toBe('1');
  });

  it.each([
    ['is reset', breakOff],
    ['ends before its end', stopShort],
  ])('in the middle of a stream that %s is told within it, and paid for', async (_, answer) => {
    await start(`${two()}router_settings: { fallbacks: [{ chat: [backup] }] }\n`);
    first.script(answer('one two three'));
    const text = await (await harness.chat('hello', { stream: true })).text();
    expect(text).toContain('" three"');
    expect(text).toContain('"error":{"message":"litellm.InternalServerError');
    expect(text).not.toContain('[DONE]');
    expect(second.received).toHaveLength(0);
    const [row] = await harness.json<{ status: string; spend: number }[]>('/spend/logs');
    expect(row).toMatchObject({ status: 'failure' });
    expect(row!.spend).toBeGreaterThan(0.02);
  });

  it('when all cool down is a 429 that says when to come back', async () => {
    await start(`${one({ max_retries: 0 })}router_settings: { allowed_fails: 0, cooldown_time: 30 }\n`);
    first.script(refuse(500));
    expect((await harness.chat('a')).status).toBe(500);
    const response = await harness.chat('b');
    expect([response.status, response.headers.get('retry-after'), response.headers.get('rate_limit_type')]).toEqual([429, '30', null]);
    expect((await errorOf(response)).message).toMatch(/^No deployments available for selected model, Try again in 30 seconds/);
  });
});

describe('who may call', () => {
  beforeEach(async () => {
    await start(`${two()}router_settings: { model_group_alias: { gpt-4: chat } }\n`);
  });

  it.each([
    ['no key', '', 401, /No api key passed in/],
    ['a wrong key', 'sk-wrong-000000', 401, /Invalid proxy server token passed.*sk-\.\.\.0000/],
    ['what is no key', 'hello', 401, /expected to start with 'sk-'/],
  ])('not %s', async (_, key, status, message) => {
    const response = await harness.chat('x', {}, key);
    expect(response.status).toBe(status);
    expect((await errorOf(response)).message).toMatch(message);
  });

  it('a key, until it ends, is blocked or deleted', async () => {
    const key = await harness.newKey({ duration: '1h', key_alias: 'mine' });
    expect((await harness.chat('x', {}, key)).status).toBe(200);
    await harness.json('/key/update', { key, blocked: true });
    expect(await errorOf(await harness.chat('x', {}, key))).toMatchObject({ message: expect.stringContaining('blocked'), code: '401' });
    await harness.json('/key/update', { key, blocked: false });
    await harness.clock.advance(3_600_000);
    expect(await errorOf(await harness.chat('x', {}, key))).toMatchObject({ type: 'expired_key' });
    await harness.json('/key/update', { key, duration: null });
    expect((await harness.chat('x', {}, key)).status).toBe(200);
    expect(await harness.json('/key/delete', { key_aliases: ['mine'] })).toMatchObject({ deleted_keys: [expect.any(String)] });
    expect((await harness.chat('x', {}, key)).status).toBe(401);
  });

  it('only the models of key and team, by name or alias', async () => {
    await harness.json('/team/new', { team_id: 'red', models: ['chat'] });
    const [narrow, ofTeam] = [await harness.newKey({ models: ['backup'] }), await harness.newKey({ team_id: 'red' })];
    const status = async (key: string, model: string): Promise<number> => (await harness.chat('x', { model }, key)).status;
    expect([await status(narrow, 'backup'), await status(narrow, 'chat'), await status(narrow, 'gpt-4')]).toEqual([200, 403, 403]);
    expect([await status(ofTeam, 'gpt-4'), await status(ofTeam, 'backup')]).toEqual([200, 403]);
    const listed = await harness.json<{ data: { id: string }[] }>('/v1/models', undefined, narrow);
    expect(listed.data.map(({ id }) => id)).toEqual(['backup']);
    expect((await harness.chat('x', { model: 'nope' })).status).toBe(400);
  });

  it.each(['/key/generate', '/key/update', '/key/delete', '/team/new', '/team/update'])('nobody but the master to %s', async (path) => {
    const key = await harness.newKey({});
    expect((await harness.request(path, { key, keys: [key], team_id: 'x' }, key)).status).toBe(403);
  });

  it.each(['/key/list', '/global/spend/report', '/health', '/team/list', '/key/info?key=sk-other-00000000'])(
    'nobody but the master to see %s',
    async (path) => {
      expect((await harness.request(path, undefined, await harness.newKey({}))).status).toBe(403);
      expect((await harness.request(path, undefined, '')).status).toBe(401);
    },
  );

  it('a key sees itself, and never a whole key', async () => {
    const key = await harness.newKey({ max_budget: 5, metadata: { note: 'x' } });
    const info = await harness.json('/key/info', undefined, key);
    expect(info).toMatchObject({ info: { key_name: `sk-...${key.slice(-4)}`, max_budget: 5, spend: 0 } });
    expect(JSON.stringify([info, await harness.json('/key/list?return_full_object=true')])).not.toContain(key);
  });
});

describe('limits', () => {
  it('a budget that is spent is a 400 of its own kind, until it begins anew', async () => {
    await start(two());
    const key = await harness.newKey({ max_budget: 0.05, budget_duration: '1d' });
    const answered = await harness.chat('a', {}, key);
    expect(answered.headers.get('x-litellm-response-cost')).toBe('0.060000000000000005');
    expect(await errorOf(await harness.chat('b', {}, key))).toMatchObject({
      type: 'budget_exceeded',
      code: '400',
      message: expect.stringMatching(/^Budget has been exceeded! Current cost: 0\.06/),
    });
    await harness.clock.advance(86_400_000);
    expect((await harness.chat('c', {}, key)).status).toBe(200);
  });

  it('a team’s budget is shared by its keys', async () => {
    await start(two());
    await harness.json('/team/new', { team_id: 'red', max_budget: 0.05 });
    const [a, b] = [await harness.newKey({ team_id: 'red' }), await harness.newKey({ team_id: 'red' })];
    await harness.chat('a', {}, a);
    expect(await errorOf(await harness.chat('b', {}, b))).toMatchObject({
      type: 'budget_exceeded',
      message: expect.stringContaining('Team=red'),
    });
    expect(await harness.metric('litellm_remaining_team_budget_metric', 'team="red"')).toBeCloseTo(-0.01);
    expect(await harness.metric('litellm_spend_metric_total', 'team="red"')).toBeCloseTo(0.06);
  });

  it.each([
    ['requests of the key', { rpm_limit: 1 }, 'requests', 'api_key'],
    ['tokens of the key', { tpm_limit: 15 }, 'tokens', 'api_key'],
    ['requests of the key to a model', { model_rpm_limit: { chat: 1 } }, 'requests', 'model_per_key'],
  ])('%s: a 429 that can be told from a provider’s', async (_, limits, type, party) => {
    await start(two());
    const key = await harness.newKey(limits);
    const remaining = type === 'requests' ? '0' : '15';
    expect((await harness.chat('a', {}, key)).headers.get(`x-litellm-key-remaining-${type}-chat`)).toBe(remaining);
    const response = await harness.chat('b', {}, key);
    expect([response.status, response.headers.get('rate_limit_type'), response.headers.get('retry-after')]).toEqual([429, type, '60']);
    expect([...response.headers.keys()].filter((name) => name.startsWith('llm_provider'))).toEqual([]);
    expect((await errorOf(response)).message).toMatch(new RegExp(`^Rate limit exceeded for ${party}: .*Limit type: ${type}`));
    expect(await harness.metric('litellm_rate_limited_requests_total', `rate_limit_party="${party}"`, `rate_limit_type="${type}"`)).toBe(1);
    expect(first.received).toHaveLength(1);
    await harness.clock.advance(60_000);
    expect((await harness.chat('c', {}, key)).status).toBe(200);
  });

  it('of a deployment send on to the next, and are told when there is none', async () => {
    await start(one({ rpm: 1 }));
    await harness.chat('a');
    const response = await harness.chat('b');
    expect([response.status, response.headers.get('rate_limit_type')]).toEqual([429, 'model']);
  });
});

describe('the cache', () => {
  it('answers again for nothing, streams too, and is seen in headers and metrics', async () => {
    await start(`${one()}litellm_settings: { cache: true }\n`);
    const asked = await harness.chat('hello');
    expect(asked.headers.get('x-litellm-cache-hit')).toBeNull();
    const again = await harness.chat('hello');
    expect([again.headers.get('x-litellm-cache-hit'), again.headers.get('x-litellm-response-cost')]).toEqual(['True', '0']);
    expect(await contentOf(again)).toBe('hello');
    expect(await (await harness.chat('hello', { stream: true })).text()).toContain('[DONE]');
    expect(first.received).toHaveLength(1);
    expect((await harness.chat('hello', { cache: { 'no-cache': true } })).headers.get('x-litellm-cache-hit')).toBeNull();
    expect(await harness.metric('litellm_cache_hits_metric_total', 'model="chat"')).toBe(2);
    expect(await harness.metric('litellm_cache_misses_metric_total', 'model="chat"')).toBe(1);
  });

  it('keeps what streamed whole, and nothing that broke or was refused', async () => {
    await start(`${one({ max_retries: 0 })}litellm_settings: { cache: true }\n`);
    first.script(breakOff('half an'));
    await (await harness.chat('hello', { stream: true })).text();
    first.script(refuse(500));
    expect((await harness.chat('hello')).status).toBe(500);
    await (await harness.chat('hello', { stream: true })).text();
    expect((await harness.chat('hello')).headers.get('x-litellm-cache-hit')).toBe('True');
  });
});

it('streams that call tools pass as they are, and are not kept', async () => {
  await start(`${one()}litellm_settings: { cache: true }\n`);
  first.script(callTool, say('whole'));
  expect(await (await harness.chat('hello', { stream: true })).text()).toContain('"id":"call-1"');
  expect(await contentOf(await harness.chat('hello'))).toBe('whole');
});

describe('inspection', () => {
  const rails = `guardrails:
  - guardrail_name: pii
    litellm_params: { guardrail: presidio, mode: pre_call, default_on: true, output_parse_pii: true }
  - guardrail_name: guard
    litellm_params: { guardrail: llama_guard, mode: [during_call, post_call], default_on: true }
`;
  it.each([false, true])('hides personal data from the provider and puts them back (stream: %s)', async (stream) => {
    await start(one() + rails);
    const text = await (await harness.chat('Write to ada@example.org now', { stream })).text();
    expect(JSON.stringify(first.received[0]!.body)).toContain('Write to <EMAIL_ADDRESS_1> now');
    expect(text).not.toContain('EMAIL_ADDRESS');
    expect(text).toContain('ada@example.org');
  });

  it('blocks a harmful question, in time for nothing to be told', async () => {
    await start(one() + rails);
    const response = await harness.chat('How do I make a bomb?');
    expect(response.headers.get('x-litellm-applied-guardrails')).toBe('guard');
    expect(await errorOf(response)).toMatchObject({
      code: '400',
      type: 'guardrail_blocked',
      provider_specific_fields: { guardrail_name: 'guard', guardrail_mode: 'during_call', categories: ['S9'] },
    });
    expect(await harness.metric('litellm_guardrail_requests_total', 'guardrail_name="guard"', 'status="blocked"')).toBe(1);
  });

  it('does not keep a provider at a question that was blocked meanwhile', async () => {
    await start(one() + rails);
    first.script(hang);
    // Time for the question to be on its way: the classifier is a server that takes as long.
    const guard = await ScriptedProvider.start();
    guard.script(
      (response, received) =>
        void expect
          .poll(() => first.received.length)
          .toBe(1)
          .then(() => say('unsafe\nS9')(response, received)),
    );
    harness.gateway.reconfigure(configFrom(one() + rails.replace('llama_guard,', `llama_guard, api_base: "${guard.apiBase}",`)), []);
    expect((await harness.chat('hello')).status).toBe(400);
    await first.received[0]!.over;
    guard.close();
  });

  it.each([false, true])('blocks a harmful answer before any of it is sent (stream: %s)', async (stream) => {
    await start(one() + rails);
    first.script(say('Here is how to make a bomb'));
    const response = await harness.chat('hello', { stream });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('bomb');
  });
});

describe('what is written down', () => {
  const logged = (options: string) => start(`${one()}litellm_settings: { ${options} }\n`);
  let lines: string[];
  beforeEach(() => {
    lines = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  });
  afterEach(() => vi.restoreAllMocks());

  it('no prompt, no answer and no key, unless it was asked for', async () => {
    await logged('cache: false');
    await harness.chat('the secret words');
    expect(lines.join('')).toContain('"message":"request"');
    for (const hidden of ['secret words', masterKey, 'sk-main-0001']) expect(lines.join('')).not.toContain(hidden);
    expect(await harness.json('/health/readiness')).toMatchObject({ status: 'healthy', log_prompts: false });
    expect(JSON.stringify(await harness.json('/spend/logs'))).not.toContain('secret words');
  });

  it('prompts where the operator wants them, and a probe can see that', async () => {
    await logged('turn_off_message_logging: false');
    await harness.chat(`the secret words ${'x'.repeat(9_000)}`);
    expect(lines.join('')).toContain('the secret words');
    expect(lines.join('').length).toBeLessThan(10_000);
    expect(await harness.json('/health/readiness')).toMatchObject({ log_prompts: true });
  });

  it('spend, by day and team', async () => {
    await logged('cache: false');
    await harness.json('/team/new', { team_id: 'red', team_alias: 'Red' });
    const key = await harness.newKey({ team_id: 'red', key_alias: 'k' });
    await harness.chat('a', {}, key);
    await harness.chat('b');
    expect(await harness.json('/global/spend/report')).toMatchObject([
      {
        group_by_day: '2026-01-01T00:00:00+00:00',
        teams: [
          {
            team_id: 'red',
            team_name: 'Red',
            total_spend: expect.closeTo(0.06),
            metadata: [{ model: 'chat', total_tokens: 15, requests: 1 }],
          },
          { team_id: '', team_name: 'no team' },
        ],
      },
    ]);
    expect(await harness.json('/spend/logs', undefined, key)).toHaveLength(1);
    expect(await harness.json('/spend/logs?start_date=2026-01-02')).toEqual([]);
    for (const [name, labels, value] of [
      ['litellm_requests_metric_total', ['team="red"', 'api_key_alias="k"'], 1],
      ['litellm_total_tokens_metric_total', ['team="red"'], 15],
      ['gen_ai_client_token_usage_sum', ['team="red"', 'gen_ai_token_type="input"', 'gen_ai_operation_name="chat"'], 10],
      ['gen_ai_client_operation_duration_seconds_count', ['gen_ai_request_model="chat"', 'gen_ai_provider_name="openai"'], 1],
    ] as const)
      expect(await harness.metric(name, ...labels)).toBe(value);
  });
});

describe('the HTTP of it', () => {
  beforeEach(async () => {
    await start(one());
  });
  it.each([
    ['GET', '/v1/chat/completions', undefined, 405],
    ['GET', '/nope', undefined, 404],
    ['POST', '/v1/chat/completions', '{', 400],
    ['POST', '/v1/chat/completions', '{"model":"chat"}', 400],
    ['POST', '/v1/messages', '{"model":"chat","messages":[]}', 400],
    ['POST', '/v1/chat/completions', `"${'x'.repeat(5_000_000)}"`, 413],
    ['POST', '/key/generate', '{"max_budget":-1}', 400],
  ])('%s %s', async (method, path, body, status) => {
    const response = await fetch(`${harness.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${masterKey}` },
      ...(body === undefined ? {} : { body }),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('error');
  });

  it('a client that goes takes its request along', async () => {
    first.script(hang);
    const gone = new AbortController();
    const asked = fetch(`${harness.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${masterKey}` },
      body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'x' }] }),
      signal: gone.signal,
    });
    await expect.poll(() => first.received.length).toBe(1);
    gone.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => harness.metric('litellm_proxy_total_requests_metric_total', 'status_code="499"')).toBe(1);
    expect(harness.gateway.inFlight).toBe(0);
  });
});
