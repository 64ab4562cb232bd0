import { describe, expect, it } from 'vitest';
import { configFrom, modelEntry } from '../testing/config-text.ts';
import { readEvents } from './event-lines.ts';
import { readRefusal, toGatewayError, type FailureKind } from './provider-error.ts';

const deployment = configFrom(`model_list:\n${modelEntry('chat', 'http://alpha/v1')}`).deployments[0]!;
const refusal = (status: number, error: object, headers: Record<string, string> = {}) =>
  readRefusal(deployment, status, headers, JSON.stringify({ error }));

describe('what a provider’s refusal means', () => {
  it.each<[FailureKind, number, object]>([
    ['rate_limit', 429, { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached' }],
    ['quota', 429, { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota' }],
    ['quota', 429, { type: 'rate_limit_error', message: 'spend', details: { error_code: 'enforced_spend_limit_reached' } }],
    ['quota', 400, { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API' }],
    ['auth', 401, { code: 'invalid_api_key', message: 'Incorrect API key' }],
    ['not_found', 404, { code: 'model_not_found', message: 'no such model' }],
    ['overloaded', 529, { type: 'overloaded_error', message: 'Overloaded' }],
    ['overloaded', 503, { message: 'busy' }],
    ['server', 500, { message: 'oops' }],
    ['timeout', 408, { message: 'slow' }],
    ['context_window', 400, { code: 'context_length_exceeded', message: 'x' }],
    ['context_window', 400, { message: 'prompt is too long: 200001 tokens' }],
    ['context_window', 400, { message: "This model's maximum context length is 4096 tokens" }],
    ['content_policy', 400, { code: 'content_policy_violation', message: 'x' }],
    ['bad_request', 400, { message: 'messages: required' }],
  ])('%s: %i %j', (kind, status, error) => {
    expect(refusal(status, error).kind).toBe(kind);
  });

  it('reads how long to wait, in every form', () => {
    expect(refusal(429, {}, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
    expect(refusal(429, {}, { 'retry-after-ms': '250', 'retry-after': '7' }).retryAfterMs).toBe(250);
    expect(refusal(429, {}, { 'retry-after': '99999999' }).retryAfterMs).toBe(3_600_000);
    expect(refusal(429, {}, { 'retry-after': 'soon' }).retryAfterMs).toBeUndefined();
    expect(refusal(429, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).retryAfterMs).toBeGreaterThan(50_000);
  });

  it('is told as LiteLLM tells it, and shows whose failure it is', () => {
    const limited = refusal(429, { message: 'Rate limit reached' }, { 'x-ratelimit-remaining-requests': '0', 'set-cookie': 'a=b' });
    const told = toGatewayError(limited, 'Received Model Group=chat');
    expect(told.message).toBe('litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached. Received Model Group=chat');
    expect(told).toMatchObject({ status: 429, type: 'throttling_error', fields: { llm_provider: 'openai' } });
    expect(told.headers).toMatchObject({ 'llm_provider-x-ratelimit-remaining-requests': '0', 'x-litellm-model-id': deployment.id });
    expect(Object.keys(told.headers)).not.toContain('llm_provider-set-cookie');
    expect(told.headers).not.toHaveProperty('rate_limit_type');
  });

  it('survives what is no JSON', () => {
    expect(readRefusal(deployment, 502, {}, '<html>Bad Gateway</html>')).toMatchObject({
      kind: 'server',
      message: '<html>Bad Gateway</html>',
    });
  });
});

describe('server-sent events', () => {
  const read = async (...pieces: readonly string[]): Promise<string[]> => {
    const body = (async function* () {
      for (const piece of pieces) yield await Promise.resolve(new TextEncoder().encode(piece));
    })();
    return collect(readEvents(body));
  };
  it('come whole, however they are cut', async () => {
    expect(await read('data: {"a', '":1}\n', '\nevent: x\r\ndata: 2\r\n\r', '\n: comment\n\ndata: [DONE]\n\n')).toEqual([
      '{"a":1}',
      '2',
      '[DONE]',
    ]);
    expect(await read('data: last')).toEqual(['last']);
  });
  it('may not be without end', async () => {
    await expect(read('data: ', 'x'.repeat(1_100_000))).rejects.toThrow(RangeError);
  });
});

async function collect(items: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of items) all.push(item);
  return all;
}
