import { describe, expect, it } from 'vitest';
import { promptTokens } from '../generation.ts';
import { betaFace } from './beta-face.ts';
import { cacheBreakpoints, countSchema, messagesOf } from './message-request.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 0, 500);

it('heads answers with limits as Anthropic names them, the tightest as `tokens`', () => {
  const states = [
    { kind: 'requests', limit: 50, remaining: 49, resetMs: 1_200 },
    { kind: 'inputTokens', limit: 30_000, remaining: 20_000, resetMs: 20_000 },
    { kind: 'outputTokens', limit: 8_000, remaining: 1_000, resetMs: 52_500 },
  ] as const;
  const name = (kind: string, values: readonly string[]): object =>
    Object.fromEntries(['limit', 'remaining', 'reset'].map((what, index) => [`anthropic-ratelimit-${kind}-${what}`, values[index]]));
  expect(betaFace.limitHeaders(states, now)).toEqual({
    ...name('requests', ['50', '49', '2026-01-01T12:00:02Z']),
    ...name('input-tokens', ['30000', '20000', '2026-01-01T12:00:21Z']),
    ...name('output-tokens', ['8000', '1000', '2026-01-01T12:00:53Z']),
    ...name('tokens', ['8000', '1000', '2026-01-01T12:00:53Z']),
  });
});

describe('beta’s refusals', () => {
  const limited = {
    kind: 'rate-limited',
    model: 'beta-robin-4',
    organization: 'org-1',
    shortage: { kind: 'inputTokens', limit: 30_000, used: 29_000, requested: 2_000, waitMs: 2_001 },
  } as const;

  it.each([
    [{ kind: 'no-key' } as const, 401, 'authentication_error', {}],
    [{ kind: 'invalid-key', shown: 'x' } as const, 401, 'authentication_error', {}],
    [{ kind: 'expired-key' } as const, 401, 'authentication_error', {}],
    [limited, 429, 'rate_limit_error', { 'retry-after': '3' }],
    [{ kind: 'quota-spent' } as const, 429, 'rate_limit_error', {}],
    [{ kind: 'overloaded' } as const, 529, 'overloaded_error', {}],
    [{ kind: 'unavailable' } as const, 500, 'api_error', {}],
    [{ kind: 'retired-model', model: 'beta-1' } as const, 404, 'not_found_error', {}],
    [{ kind: 'too-large' } as const, 413, 'request_too_large', {}],
  ])('%j is %d %s', (refusal, status, type, headers) => {
    const rendered = betaFace.refusal(refusal, 'req_1');
    expect(rendered).toMatchObject({ status, body: { type: 'error', error: { type }, request_id: 'req_1' } });
    expect(rendered.headers).toEqual(headers);
  });

  it('tell a spent quota from a limit by its details', () => {
    expect(betaFace.refusal({ kind: 'quota-spent' }, 'r').body).toMatchObject({
      error: { details: { error_code: 'enforced_spend_limit_reached' } },
    });
    expect(betaFace.refusal(limited, 'r').body).not.toHaveProperty('error.details');
    expect(betaFace.refusal(limited, 'r').body).toHaveProperty(
      'error.message',
      expect.stringContaining('rate limit of 30,000 input tokens per minute (org: org-1, model: beta-robin-4)'),
    );
  });

  it('name the field that is missing or wrong', () => {
    const refusal = { kind: 'invalid-request', problem: 'missing', param: 'max_tokens', message: 'x' } as const;
    expect(betaFace.refusal(refusal, 'r').body).toHaveProperty('error.message', 'max_tokens: Field required');
  });
});

it('finds its cache breakpoints where the marked blocks end', () => {
  const request = countSchema.parse({
    model: 'beta-robin-4',
    system: [
      { type: 'text', text: 'one two', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'three' },
    ],
    messages: [
      { role: 'user', content: 'four' },
      { role: 'user', content: [{ type: 'text', text: 'five six', cache_control: { type: 'ephemeral' } }] },
    ],
  });
  const tokens = promptTokens(messagesOf(request));
  const prefixes = cacheBreakpoints(request).map((boundary) =>
    tokens
      .slice(0, boundary)
      .join('')
      .replaceAll(/<\|\w+\|>/g, ''),
  );
  expect(prefixes).toEqual(['one two', 'one two\nthreefourfive six']);
});
