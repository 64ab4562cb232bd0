import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../testing/programs.ts';
import { hashKey } from './keys.ts';
import { ProviderProcess } from './testing/provider-process.ts';

const keysFile = {
  organizations: [
    { id: 'org-ours', name: 'Ours' },
    { id: 'org-poor', name: 'Poor', monthlyLimitUsd: 0.000001 },
  ],
  keys: [
    { id: 'main', sha256: hashKey('sk-main-0001'), organization: 'org-ours', team: 'support' },
    { id: 'other', key: 'sk-other-0002', organization: 'org-ours' },
    { id: 'slow', key: 'sk-slow-0003', organization: 'org-ours', limitsPerMinute: { requests: 40 } },
    {
      id: 'narrow',
      key: 'sk-narrow-0004',
      organization: 'org-ours',
      limitsPerMinute: { tokens: 200, inputTokens: 200, outputTokens: 300 },
    },
    { id: 'single', key: 'sk-single-0005', organization: 'org-ours', maxConcurrent: 1 },
    { id: 'poor', key: 'sk-poor-0006', organization: 'org-poor' },
    { id: 'old', key: 'sk-old-0007', organization: 'org-ours', expiresAt: '2020-01-01T00:00:00Z' },
  ],
};

/** Notes each answer's status and when it came. */
function watching(): { fetch: typeof fetch; seen: { status: number; atMs: number; headers: Headers }[] } {
  const seen: { status: number; atMs: number; headers: Headers }[] = [];
  return {
    seen,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      seen.push({ status: response.status, atMs: performance.now(), headers: response.headers });
      return response;
    },
  };
}

/** Empties a bucket and notes how the client waits when it is refused; again, where the machine was too slow to empty it. */
async function watchRetry(send: (more?: object) => Promise<unknown>): Promise<{ waitedMs: number; headers: Headers }> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const sent = await Promise.allSettled(Array.from({ length: 20 }, () => send()));
    if (sent.every(({ status }) => status === 'fulfilled')) continue;
    const { fetch: watched, seen } = watching();
    await send({ maxRetries: 2, fetch: watched });
    if (seen[0]?.status !== 429) continue;
    expect(seen.map(({ status }) => status)).toEqual([429, 200]);
    return { waitedMs: seen[1]!.atMs - seen[0].atMs, headers: seen[0].headers };
  }
  throw new Error('the limit was never met');
}

async function setFaults(provider: ProviderProcess, faults: object): Promise<void> {
  expect(await provider.control('PUT', '/faults', faults)).toMatchObject({ status: 200 });
}

describe('alpha, by the official OpenAI client', () => {
  let alpha: ProviderProcess;
  beforeAll(async () => void (alpha = await ProviderProcess.start('alpha', keysFile)));
  afterEach(() => alpha.control('DELETE', '/faults'));
  afterAll(() => alpha[Symbol.asyncDispose]());

  const client = (apiKey = 'sk-main-0001', more: object = {}): OpenAI =>
    new OpenAI({ baseURL: `${alpha.url}/v1`, apiKey, maxRetries: 0, ...more });
  const ask = (content: string, more: object = {}, apiKey?: string): Promise<OpenAI.ChatCompletion> =>
    client(apiKey).chat.completions.create({ model: 'alpha-4-nano', messages: [{ role: 'user', content }], ...more });
  const text = async (...request: Parameters<typeof ask>): Promise<string> => (await ask(...request)).choices[0]?.message.content ?? '';
  const streamed = async (content: string): Promise<string[]> => {
    const parts: string[] = [];
    const request = { model: 'alpha-4-nano', messages: [{ role: 'user' as const, content }], stream: true as const };
    for await (const chunk of await client().chat.completions.create(request)) parts.push(chunk.choices[0]?.delta.content ?? '');
    return parts.filter((part) => part !== '');
  };

  it('answers, with ids, usage and limits', async () => {
    const { data, response, request_id } = await client()
      .chat.completions.create({
        model: 'alpha-4-nano',
        messages: [{ role: 'user', content: 'Repeat exactly: nonce-1' }],
        max_completion_tokens: 4_000,
      })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-\w{29}$/),
      object: 'chat.completion',
      model: 'alpha-4-nano-2026-04-14',
      choices: [{ message: { role: 'assistant', content: 'nonce-1' }, finish_reason: 'stop' }],
    });
    expect(data.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 });
    expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
    const header = (name: string): string | null => response.headers.get(name);
    expect([header('openai-organization'), header('x-ratelimit-limit-requests'), header('x-ratelimit-limit-tokens')]).toEqual([
      'org-ours',
      '1000',
      '400000',
    ]);
    expect(Number(header('x-ratelimit-remaining-tokens'))).toBeLessThan(400_000);
    expect(header('x-ratelimit-reset-requests')).toMatch(/^(\d+ms|[\d.]+s)$/);
  });

  it('streams, with usage when asked for', async () => {
    const parts: string[] = [];
    let usage: unknown;
    const stream = await client().chat.completions.create({
      model: 'alpha-4-nano',
      messages: [{ role: 'user', content: 'Tell me of queues.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      parts.push(chunk.choices[0]?.delta.content ?? '');
      usage = chunk.usage ?? usage;
    }
    const whole = await text('Tell me of queues.');
    expect(parts.join('')).toBe(whole);
    expect(usage).toMatchObject({ completion_tokens: parts.filter((part) => part !== '').length });
  });

  it('bills a prompt seen before as cached', async () => {
    const long = 'The facts are these and those. '.repeat(300);
    const messages = [
      { role: 'system', content: long },
      { role: 'user', content: 'Repeat exactly: x' },
    ] as const;
    const [first, second] = [await ask('', { messages }), await ask('', { messages })];
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(1_024);
    expect(second.usage?.prompt_tokens).toBe(first.usage?.prompt_tokens);
  });

  it('lists, embeds and moderates', async () => {
    expect((await client().models.list()).data.map((model) => model.id)).toContain('alpha-4-mini');
    expect(await client().models.retrieve('alpha-4')).toMatchObject({ id: 'alpha-4', owned_by: 'alpha' });
    const embedding = await client().embeddings.create({ model: 'alpha-embed-3', input: ['a stale index', 'b'] });
    expect(embedding.data.map((one) => one.embedding.length)).toEqual([256, 256]);
    const { results } = await client().moderations.create({ input: ['I will kill you', 'How do I kill a process?'] });
    expect(results.map((result) => result.flagged)).toEqual([true, false]);
    expect(results[0]?.categories.violence).toBe(true);
  });

  it.each([
    ['a wrong key', () => ask('x', {}, 'sk-wrong-0000'), OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    ['an expired key', () => ask('x', {}, 'sk-old-0007'), OpenAI.AuthenticationError, { status: 401 }],
    ['an unknown model', () => ask('x', { model: 'gpt-0' }), OpenAI.NotFoundError, { code: 'model_not_found' }],
    ['no messages', () => ask('x', { messages: undefined }), OpenAI.BadRequestError, { param: 'messages' }],
    ['two choices', () => ask('x', { n: 2 }), OpenAI.BadRequestError, { param: 'n' }],
    [
      'tools',
      () => ask('x', { tools: [{ type: 'function', function: { name: 'f' } }] }),
      OpenAI.BadRequestError,
      { param: 'tools', code: 'unsupported_parameter' },
    ],
    ['too long a prompt', () => ask('word '.repeat(17_000)), OpenAI.BadRequestError, { code: 'context_length_exceeded' }],
    ['too large a body', () => ask('x'.repeat(5_000_000)), OpenAI.APIError, { status: 413 }],
    [
      'spent money',
      async () => [await ask('x', {}, 'sk-poor-0006'), await ask('x', {}, 'sk-poor-0006')],
      OpenAI.RateLimitError,
      { code: 'insufficient_quota' },
    ],
  ])('refuses %s', async (_, act, type, fields) => {
    const error: unknown = await Promise.resolve(act()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject(fields);
  });

  it('counts tokens by key, and says when more than a minute’s is asked for', async () => {
    await ask('x', { max_tokens: 20 }, 'sk-narrow-0004');
    const tooMuch: unknown = await ask('x', { max_tokens: 300 }, 'sk-narrow-0004').catch((error: unknown) => error);
    expect(tooMuch).toMatchObject({ status: 429, type: 'tokens', message: expect.stringContaining('Request too large') });
    expect((tooMuch as { headers: Headers }).headers.has('retry-after')).toBe(false);
    const [first, second] = await Promise.allSettled([1, 2].map(() => ask('x', { max_tokens: 150 }, 'sk-narrow-0004')));
    expect([first!.status, second!.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(await text('Repeat exactly: other', {}, 'sk-other-0002')).toBe('other');
  });

  it('holds a key to its connections', async () => {
    await setFaults(alpha, { slowStream: { factor: 100 } });
    const request = { model: 'alpha-4-nano', messages: [{ role: 'user' as const, content: 'Tell me of streams.' }], stream: true as const };
    const stream = await client('sk-single-0005').chat.completions.create(request);
    await expect(ask('x', {}, 'sk-single-0005')).rejects.toMatchObject({ status: 429, message: expect.stringContaining('concurrent') });
    stream.controller.abort();
    await setFaults(alpha, {});
    await expect.poll(() => text('Repeat exactly: again', {}, 'sk-single-0005').catch(() => '')).toBe('again');
  });

  it('tells the client how long to wait, and the client’s own retry succeeds', async () => {
    const moderate = (more: object = {}): Promise<unknown> => client('sk-slow-0003', more).moderations.create({ input: 'x' });
    const { waitedMs, headers } = await watchRetry(moderate);
    const announcedMs = Number(headers.get('retry-after-ms'));
    expect(announcedMs).toBeGreaterThan(0);
    expect(announcedMs).toBeLessThanOrEqual(1_500);
    expect(waitedMs).toBeGreaterThanOrEqual(announcedMs - 5);
  });

  describe('under a fault', () => {
    const healthy = async (): Promise<void> => {
      expect(await alpha.control('DELETE', '/faults')).toMatchObject({ status: 200, body: { faults: {} } });
      expect(await text('Repeat exactly: well')).toBe('well');
    };

    it.each([
      ['limitsCut', { factor: 0.00002 }, () => ask('x'), { status: 429, code: 'rate_limit_exceeded' }],
      ['quotaSpent', {}, () => ask('x'), { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' }],
      ['quotaSpent', { organizations: ['org-ours'] }, () => ask('x'), { status: 429, code: 'insufficient_quota' }],
      ['outage', { kind: 'serverError' }, () => ask('x'), { status: 503, type: 'server_error' }],
      ['overload', {}, () => ask('x'), { status: 503, type: 'server_error', message: expect.stringContaining('overloaded') }],
      [
        'retiredModels',
        { models: ['alpha-4-nano'] },
        () => ask('x'),
        { status: 404, message: expect.stringContaining('has been deprecated') },
      ],
      ['badKeys', { keys: [{ id: 'main', reason: 'revoked' }] }, () => ask('x'), { status: 401, code: 'invalid_api_key' }],
      [
        'badKeys',
        { keys: [{ id: 'main', reason: 'expired' }] },
        () => ask('x'),
        { status: 401, message: expect.stringContaining('expired') },
      ],
    ])('%s %j', async (fault, value, act, fields) => {
      await setFaults(alpha, { [fault]: value });
      await expect(act()).rejects.toMatchObject(fields);
      await healthy();
    });

    it('connectionRefused: nobody listens, open streams are reset, and the port comes back', async () => {
      await setFaults(alpha, { slowStream: { factor: 50 } });
      const open = streamed('Tell me of streams.').catch((error: unknown) => error);
      await expect.poll(async () => (await alpha.control('GET', '/state')).body).toMatchObject({ counters: { inFlight: 1 } });
      await setFaults(alpha, { outage: { kind: 'connectionRefused' } });
      expect(await open).toBeInstanceOf(Error);
      await expect(fetch(alpha.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
      await expect(ask('x')).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
      expect((await fetch(`${alpha.managementUrl}/healthz`)).status).toBe(200);
      await healthy();
    });

    it('a trial lies over what is set and ends by itself, or when it is told to', async () => {
      await setFaults(alpha, { addedLatency: { ms: 1 } });
      const failing = { outage: { kind: 'connectionRefused' } };
      expect(await alpha.control('PUT', '/trial?forMs=300', failing)).toMatchObject({
        status: 200,
        body: { faults: { ...failing, addedLatency: { ms: 1 } } },
      });
      await expect(fetch(alpha.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
      expect((await alpha.control('GET', '/state')).body).toMatchObject({ faults: { addedLatency: { ms: 1 } } });
      await expect
        .poll(() =>
          fetch(alpha.url).then(
            ({ status }) => status,
            () => 0,
          ),
        )
        .toBe(401);

      await alpha.control('PUT', '/trial?forMs=60000', failing);
      await alpha.control('PUT', '/trial?forMs=1', {});
      expect((await fetch(alpha.url)).status).toBe(401);
      expect(await alpha.control('PUT', '/trial?forMs=0', failing)).toMatchObject({ status: 400 });
      expect(await alpha.control('PUT', '/trial?forMs=9', { outage: { kind: 'earthquake' } })).toMatchObject({ status: 400 });
      await healthy();
    });

    it('addedLatency', async () => {
      await setFaults(alpha, { addedLatency: { ms: 700 } });
      const startedAt = performance.now();
      await ask('Repeat exactly: x');
      expect(performance.now() - startedAt).toBeGreaterThan(700);
      await healthy();
    });

    it('slowStream', async () => {
      await setFaults(alpha, { slowStream: { factor: 40 } });
      const startedAt = performance.now();
      await streamed('Repeat exactly: one two three four five');
      expect(performance.now() - startedAt).toBeGreaterThan(4 * 150);
      await healthy();
    });

    it('brokenStream: so many tokens and then a reset, while whole answers stay whole', async () => {
      await setFaults(alpha, { brokenStream: { afterTokens: 3 } });
      const parts: string[] = [];
      const stream = await client().chat.completions.create({
        model: 'alpha-4-nano',
        messages: [{ role: 'user', content: 'Tell me of streams.' }],
        stream: true,
      });
      const read = async (): Promise<void> => {
        for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? '');
      };
      await expect(read()).rejects.toThrow();
      expect(parts.filter((part) => part !== '')).toHaveLength(3);
      expect(await text('Repeat exactly: whole')).toBe('whole');
      await healthy();
    });

    it('wrongModel', async () => {
      await setFaults(alpha, { wrongModel: { model: 'alpha-4' } });
      expect((await ask('x')).model).toBe('alpha-4-2026-04-14');
      await healthy();
    });

    it('wrongAnswers', async () => {
      const tasks = [11, 12, 13, 14];
      const rightOf = async (): Promise<number> => {
        const answers = await Promise.all(tasks.map((task) => text(`What is ${task} + 7?`, { model: 'alpha-4' })));
        return answers.filter((one, index) => one === String((tasks[index] ?? 0) + 7)).length;
      };
      await setFaults(alpha, { wrongAnswers: {} });
      expect(await rightOf()).toBe(0);
      await healthy();
      expect(await rightOf()).toBeGreaterThan(2);
    });

    it('harmfulAnswer, which the vendor’s own moderation finds', async () => {
      await setFaults(alpha, { harmfulAnswer: {} });
      const { results } = await client().moderations.create({ input: await text('Hello') });
      expect(results[0]?.flagged).toBe(true);
      await healthy();
    });

    it('leakedPersonalData', async () => {
      await setFaults(alpha, { leakedPersonalData: {} });
      expect(await text('Repeat exactly: mine')).toMatch(/^mine .*@example\..*IBAN [A-Z]{2}\d\d/);
      await healthy();
    });

    it('malformedJson, whole and streamed', async () => {
      await setFaults(alpha, { malformedJson: {} });
      await expect(ask('x')).rejects.toThrow(SyntaxError);
      await expect(streamed('Tell me of streams.')).rejects.toThrow(SyntaxError);
      await healthy();
    });

    it('several at once', async () => {
      await setFaults(alpha, { wrongModel: { model: 'alpha-4-mini' }, leakedPersonalData: {}, addedLatency: { ms: 300 } });
      const startedAt = performance.now();
      const answer = await ask('Repeat exactly: mine');
      expect(answer.model).toBe('alpha-4-mini-2026-04-14');
      expect(answer.choices[0]?.message.content).toContain('IBAN');
      expect(performance.now() - startedAt).toBeGreaterThan(300);
      await healthy();
    });
  });
});

describe('beta, by the official Anthropic client', () => {
  let beta: ProviderProcess;
  beforeAll(async () => void (beta = await ProviderProcess.start('beta', keysFile)));
  afterEach(() => beta.control('DELETE', '/faults'));
  afterAll(() => beta[Symbol.asyncDispose]());

  const client = (apiKey = 'sk-main-0001', more: object = {}): Anthropic =>
    new Anthropic({ baseURL: beta.url, apiKey, maxRetries: 0, ...more });
  const ask = (content: string, more: object = {}, apiKey?: string): Promise<Anthropic.Message> =>
    client(apiKey).messages.create({ model: 'beta-wren-4', max_tokens: 100, messages: [{ role: 'user', content }], ...more });
  const textOf = (message: Anthropic.Message): string => message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

  it('answers, with ids, usage and limits', async () => {
    const { data, response, request_id } = await client()
      .messages.create({
        model: 'beta-wren-4',
        max_tokens: 4_000,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'Repeat exactly: nonce-1' }],
      })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^msg_01\w{22}$/),
      type: 'message',
      model: 'beta-wren-4-20260301',
      content: [{ type: 'text', text: 'nonce-1' }],
      stop_reason: 'end_turn',
      usage: { output_tokens: 3, cache_read_input_tokens: 0 },
    });
    expect(request_id).toMatch(/^req_01\w{22}$/);
    const header = (name: string): string | null => response.headers.get(`anthropic-ratelimit-${name}`);
    expect([header('requests-limit'), header('input-tokens-limit'), header('output-tokens-limit')]).toEqual(['50', '50000', '10000']);
    expect(Number(header('output-tokens-remaining'))).toBeLessThan(9_000);
    expect(Date.parse(header('tokens-reset') ?? '')).toBeGreaterThan(Date.now() - 2_000);
  });

  it('streams every event in its order', async () => {
    const types: string[] = [];
    const stream = client().messages.stream({
      model: 'beta-wren-4',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Tell me of queues.' }],
    });
    stream.on('streamEvent', (event) => types.push(event.type));
    const message = await stream.finalMessage();
    expect(textOf(message)).toBe(textOf(await ask('Tell me of queues.')));
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      usage: { output_tokens: types.filter((type) => type === 'content_block_delta').length },
    });
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const raw = await fetch(`${beta.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-main-0001', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'beta-wren-4', max_tokens: 5, stream: true, messages: [{ role: 'user', content: 'x' }] }),
    });
    expect(await raw.text()).toContain('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('stops where it is told', async () => {
    expect(await ask('Tell me of queues.', { max_tokens: 3 })).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 3 } });
    const stopped = await ask('Repeat exactly: one END two', { stop_sequences: ['END'] });
    expect([textOf(stopped), stopped.stop_reason, stopped.stop_sequence]).toEqual(['one ', 'stop_sequence', 'END']);
  });

  it('counts tokens as it bills them', async () => {
    const messages = [{ role: 'user', content: 'How many tokens are in this sentence?' }] as const;
    const { input_tokens } = await client().messages.countTokens({ model: 'beta-wren-4', messages: [...messages] });
    expect((await ask('', { messages })).usage.input_tokens).toBe(input_tokens);
  });

  it('caches what is marked, bills writing and reading, and counts no reads towards the limit', async () => {
    const system = [{ type: 'text', text: 'These are the facts of it. '.repeat(300), cache_control: { type: 'ephemeral' } }];
    const [first, second] = [await ask('Repeat exactly: x', { system }), await ask('Repeat exactly: x', { system })];
    expect(first.usage).toMatchObject({ cache_read_input_tokens: 0 });
    expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(1_024);
    expect(second.usage).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: first.usage.cache_creation_input_tokens,
      input_tokens: first.usage.input_tokens,
    });
  });

  it('lists its models', async () => {
    const models: string[] = [];
    for await (const model of client().models.list()) models.push(model.id);
    expect(models).toEqual(['beta-wren-4-20260301', 'beta-robin-4-20260301', 'beta-falcon-4-20260301']);
    expect(await client().models.retrieve('beta-robin-4')).toMatchObject({ display_name: 'Beta Robin 4' });
  });

  it.each([
    ['a wrong key', () => ask('x', {}, 'sk-wrong-0000'), Anthropic.AuthenticationError, { status: 401 }],
    ['an expired key', () => ask('x', {}, 'sk-old-0007'), Anthropic.AuthenticationError, { status: 401 }],
    [
      'an unknown model',
      () => ask('x', { model: 'beta-0' }),
      Anthropic.NotFoundError,
      { message: expect.stringContaining('model: beta-0') },
    ],
    [
      'no max_tokens',
      () => ask('x', { max_tokens: undefined }),
      Anthropic.BadRequestError,
      { message: expect.stringContaining('max_tokens: Field required') },
    ],
    [
      'too many tokens',
      () => ask('x', { max_tokens: 9_000 }),
      Anthropic.BadRequestError,
      { message: expect.stringContaining('9000 > 8192') },
    ],
    ['tools', () => ask('x', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }), Anthropic.BadRequestError, { status: 400 }],
    [
      'too long a prompt',
      () => ask('word '.repeat(101_000)),
      Anthropic.BadRequestError,
      { message: expect.stringContaining('prompt is too long') },
    ],
    [
      'too many input tokens',
      () => ask('word '.repeat(300), {}, 'sk-narrow-0004'),
      Anthropic.RateLimitError,
      { message: expect.stringContaining('200 input tokens per minute') },
    ],
    [
      'too many output tokens',
      () => ask('x', { max_tokens: 301 }, 'sk-narrow-0004'),
      Anthropic.RateLimitError,
      { message: expect.stringContaining('300 output tokens per minute') },
    ],
    [
      'spent money',
      async () => [await ask('x', {}, 'sk-poor-0006'), await ask('x', {}, 'sk-poor-0006')],
      Anthropic.RateLimitError,
      { error: { error: { details: { error_code: 'enforced_spend_limit_reached' } } } },
    ],
  ])('refuses %s', async (_, act, type, fields) => {
    const error: unknown = await Promise.resolve(act()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject(fields);
  });

  it('tells the client how long to wait, and the client’s own retry succeeds', async () => {
    const send = (more: object = {}): Promise<unknown> =>
      client('sk-slow-0003', more).messages.create({ model: 'beta-wren-4', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] });
    const { waitedMs, headers } = await watchRetry(send);
    const announcedMs = Number(headers.get('retry-after')) * 1_000;
    expect(announcedMs).toBeGreaterThanOrEqual(1_000);
    expect(waitedMs).toBeGreaterThanOrEqual(announcedMs - 5);
  });

  it.each([
    ['limitsCut', { factor: 0.001 }, { status: 429, error: { error: { type: 'rate_limit_error' } } }],
    ['quotaSpent', {}, { status: 429, error: { error: { details: { error_code: 'enforced_spend_limit_reached' } } } }],
    ['outage', { kind: 'serverError' }, { status: 500, error: { error: { type: 'api_error' } } }],
    ['overload', {}, { status: 529, error: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }],
    ['retiredModels', { models: ['beta-wren-4-20260301'] }, { status: 404, error: { error: { type: 'not_found_error' } } }],
    ['badKeys', { keys: [{ id: 'main', reason: 'revoked' }] }, { status: 401, error: { error: { type: 'authentication_error' } } }],
  ])('under the fault %s %j', async (fault, value, fields) => {
    await setFaults(beta, { [fault]: value });
    const error: unknown = await ask('x').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject(fields);
    await beta.control('DELETE', '/faults');
    expect(textOf(await ask('Repeat exactly: well', {}, 'sk-other-0002'))).toBe('well');
  });

  it('breaks a stream off, and cuts an event short', async () => {
    const read = (): Promise<Anthropic.Message> =>
      client('sk-other-0002')
        .messages.stream({ model: 'beta-wren-4', max_tokens: 100, messages: [{ role: 'user', content: 'Tell me.' }] })
        .finalMessage();
    await setFaults(beta, { brokenStream: { afterTokens: 2 } });
    await expect(read()).rejects.toBeInstanceOf(Anthropic.AnthropicError);
    await setFaults(beta, { malformedJson: {} });
    await expect(read()).rejects.toThrow();
    await setFaults(beta, {});
    expect((await read()).stop_reason).toBe('end_turn');
  });
});

describe('the control port', () => {
  let provider: ProviderProcess;
  beforeAll(async () => void (provider = await ProviderProcess.start('alpha', keysFile)));
  afterAll(() => provider[Symbol.asyncDispose]());

  const chat = (content: string): Promise<Response> =>
    fetch(`${provider.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-main-0001' },
      body: JSON.stringify({ model: 'alpha-4-nano', messages: [{ role: 'user', content }] }),
    });

  it('wants its credential, and is not on the port that customers reach', async () => {
    expect((await provider.control('GET', '/state', undefined, 'sk-main-0001')).status).toBe(401);
    expect((await fetch(`${provider.controlUrl}/state`)).status).toBe(401);
    for (const url of [provider.url, provider.managementUrl])
      expect([404, 401]).toContain(
        (await fetch(`${url}/state`, { headers: { authorization: 'Bearer control-token-of-the-tests' } })).status,
      );
  });

  it('is driven by the image’s own command: state, faults, requests', async () => {
    expect(await provider.ctl({ action: 'setFaults', faults: { overload: { share: 1 } } })).toMatchObject({
      status: 200,
      body: { faults: { overload: { share: 1, slowdown: 3 } } },
    });
    expect((await chat('secret-words')).status).toBe(503);
    await provider.ctl({ action: 'setFaults', faults: { overload: { share: 1 } } });
    expect(await provider.ctl({ action: 'clearFaults' })).toEqual({ status: 200, body: { faults: {} } });
    expect((await chat('Repeat exactly: secret-words')).status).toBe(200);
    expect((await provider.ctl({ action: 'state' })).body).toMatchObject({
      face: 'alpha',
      faults: {},
      keys: expect.arrayContaining([
        expect.objectContaining({ id: 'main', team: 'support', state: 'active', usage: expect.objectContaining({ requests: 1 }) }),
        expect.objectContaining({ id: 'old', state: 'expired' }),
      ]),
      organizations: expect.arrayContaining([expect.objectContaining({ id: 'org-ours', monthlyLimitUsd: null })]),
    });
    const { body } = await provider.ctl({ action: 'requests', after: 1 });
    const { requests } = body as { requests: Record<string, unknown>[] };
    expect(requests.filter((request) => request['path'] === '/v1/chat/completions')).toMatchObject(
      [
        { status: 503, refusal: 'overloaded' },
        { status: 200, keyId: 'main', team: 'support', model: 'alpha-4-nano', isComplete: true },
      ].slice(requests.length === 1 ? 1 : 0),
    );
    const state = await provider.ctl({ action: 'state' });
    for (const said of [provider.printed, JSON.stringify(body), JSON.stringify(state)]) {
      expect(said).not.toContain('secret-words');
      expect(said).not.toContain('sk-main-0001');
    }
  });

  it.each([
    [{ retiredModels: { models: ['alpha-9'] } }, 'there is no model alpha-9'],
    [{ badKeys: { keys: [{ id: 'nobody', reason: 'revoked' }] } }, 'there is no key'],
    [{ overlod: {} }, 'overlod'],
    [{ limitsCut: { factor: 2 } }, 'limitsCut.factor'],
  ])('refuses %j and leaves all as it was', async (faults, message) => {
    expect(await provider.control('PUT', '/faults', faults)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(message) },
    });
    expect((await provider.control('GET', '/state')).body).toMatchObject({ faults: {} });
  });

  it('answers orders a line each, and tells by their ids what it could not carry out', async () => {
    const answers = await provider.ctlLines(
      JSON.stringify({ id: 1, order: { action: 'clearFaults' } }),
      JSON.stringify({ id: 2, order: { action: 'explode' } }),
      JSON.stringify({ id: 3, token: 'not the token', order: { action: 'state' } }),
      '{"id": 4',
    );
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    expect(byId.get(1)).toEqual({ id: 1, status: 200, body: { faults: {} } });
    expect(byId.get(2)).toMatchObject({ error: expect.stringContaining('action') as string });
    expect(byId.get(3)).toMatchObject({ status: 401 });
    expect(byId.get(0)).toMatchObject({ error: expect.stringContaining('JSON') as string });
  });

  it('changes one fault and leaves the others', async () => {
    const patch = async (faults: Record<string, unknown>): Promise<unknown> => (await provider.ctl({ action: 'patchFaults', faults })).body;
    await patch({ overload: {}, slowStream: { factor: 4 } });
    expect(await patch({ overload: null, wrongAnswers: {} })).toEqual({
      faults: { slowStream: { factor: 4 }, wrongAnswers: { share: 1 } },
    });
    expect(await patch({ overlod: {} })).toEqual({ error: expect.stringContaining('overlod') });
    expect(await patch({ slowStream: null, wrongAnswers: null })).toEqual({ faults: {} });
  });

  it('keeps its faults over an end of the program, even that nobody listens', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'provider-faults-'));
    const more = { FAULTS_FILE: path.join(folder, 'faults.json') };
    const port = String(await freePort());
    {
      await using first = await ProviderProcess.start('alpha', keysFile, more);
      await setFaults(first, { outage: { kind: 'connectionRefused' } });
    }
    await using second = await ProviderProcess.start('alpha', keysFile, { ...more, PORT: port });
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await setFaults(second, {});
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(401);
    rmSync(folder, { recursive: true });
  });

  it('is beside metrics that name models and no faults', async () => {
    await chat('Repeat exactly: x');
    const metrics = await (await fetch(`${provider.managementUrl}/metrics`)).text();
    expect(metrics).toMatch(
      /provider_requests_total\{gen_ai_provider_name="alpha",path="\/v1\/chat\/completions",gen_ai_request_model="alpha-4-nano",status="200"\} [1-9]/,
    );
    expect(metrics).toMatch(/gen_ai_server_time_to_first_token_seconds_count\{[^}]*\} [1-9]/);
    expect(metrics).not.toMatch(/fault/);
  });

  it('lets requests end before the program does', async () => {
    await provider.control('PUT', '/faults', { addedLatency: { ms: 400 } });
    const late = chat('Repeat exactly: last words');
    await expect.poll(async () => (await provider.control('GET', '/state')).body).toMatchObject({ counters: { inFlight: 1 } });
    const [code, response] = await Promise.all([provider.stop(), late]);
    expect([code, response.status]).toEqual([0, 200]);
    expect(await response.text()).toContain('last words');
  });
});
