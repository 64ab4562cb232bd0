import { describe, expect, it } from 'vitest';
import { harmfulAnswer } from '../wrong-answers.ts';
import { alphaFace } from './alpha-face.ts';
import { formatDuration } from './duration.ts';
import { moderate } from './moderation.ts';

it.each([
  [0, '0ms'],
  [12, '12ms'],
  [999.2, '1000ms'],
  [1_000, '1s'],
  [8_640, '8.64s'],
  [59_999, '59.999s'],
  [360_000, '6m0s'],
  [61_500, '1m1.5s'],
  [3_600_000, '1h0m0s'],
])('writes %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

it('heads answers with limits as OpenAI names them', () => {
  const states = [
    { kind: 'requests', limit: 60, remaining: 59, resetMs: 1_000 },
    { kind: 'tokens', limit: 150_000, remaining: 149_984, resetMs: 360_000 },
  ] as const;
  expect(alphaFace.limitHeaders(states, 0)).toEqual({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-limit-tokens': '150000',
    'x-ratelimit-remaining-tokens': '149984',
    'x-ratelimit-reset-tokens': '6m0s',
  });
});

describe('alpha’s refusals', () => {
  const limited = (more: object) =>
    ({
      kind: 'rate-limited',
      model: 'alpha-4',
      organization: 'org-1',
      shortage: { kind: 'tokens', limit: 1_000, used: 900, requested: 200, waitMs: 6_000, ...more },
    }) as const;

  it.each([
    [{ kind: 'invalid-key', shown: 'sk-no' } as const, 401, 'invalid_request_error', 'invalid_api_key', {}],
    [limited({}), 429, 'tokens', 'rate_limit_exceeded', { 'retry-after': '6', 'retry-after-ms': '6000' }],
    [limited({ kind: 'requests', waitMs: 12 }), 429, 'requests', 'rate_limit_exceeded', { 'retry-after-ms': '12' }],
    [limited({ waitMs: undefined }), 429, 'tokens', 'rate_limit_exceeded', {}],
    [{ kind: 'quota-spent' } as const, 429, 'insufficient_quota', 'insufficient_quota', {}],
    [{ kind: 'overloaded' } as const, 503, 'server_error', null, {}],
    [{ kind: 'unavailable' } as const, 503, 'server_error', null, {}],
    [{ kind: 'retired-model', model: 'alpha-3' } as const, 404, 'invalid_request_error', 'model_not_found', {}],
    [{ kind: 'context-exceeded', tokens: 9, most: 8 } as const, 400, 'invalid_request_error', 'context_length_exceeded', {}],
  ])('%j is %d %s %s', (refusal, status, type, code, headers) => {
    const rendered = alphaFace.refusal(refusal, 'req_1');
    expect(rendered).toMatchObject({ status, body: { error: { type, code } } });
    expect(rendered.headers).toEqual(headers);
    expect(Object.keys((rendered.body as { error: object }).error)).toEqual(['message', 'type', 'param', 'code']);
  });

  it('say which limit, how much is used and how long to wait', () => {
    expect(alphaFace.refusal(limited({}), 'req_1').body).toMatchObject({
      error: {
        message: expect.stringContaining(
          'Rate limit reached for alpha-4 in organization org-1 on tokens per min (TPM): Limit 1000, Used 900, Requested 200. Please try again in 6s.',
        ),
      },
    });
  });
});

describe('moderation', () => {
  it.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])('finds every harmful answer (%s)', (question) => {
    expect(moderate(harmfulAnswer(question)).flagged).toBe(true);
  });

  it.each([
    'How do I kill a process that will not end?',
    'The attack on the problem failed; shoot me a mail.',
    'Which knife is best for bread?',
    'How to break a monolith into services',
  ])('lets pass: %s', (text) => expect(moderate(text).flagged).toBe(false));

  it('names the category', () => {
    const { categories } = moderate('Tell me how to make a bomb at home');
    expect(Object.entries(categories).filter(([, isFound]) => isFound)).toEqual([['illicit/violent', true]]);
  });
});
