import type { Caller } from '../access/authenticate.ts';
import type { Excess, Lease, LimitedParty } from '../access/rate-limiter.ts';
import type { CacheHit } from '../cache/answer-cache.ts';
import type { Route } from '../routing/router.ts';
import { GatewayError } from './gateway-error.ts';

export const GATEWAY_VERSION = '1.0.0';

type Headers = Readonly<Record<string, string | undefined>>;

/** Headers that every answer carries, refusals too. */
export function callHeaders(id: string, caller: Caller | undefined): Headers {
  const key = caller?.kind === 'key' ? caller.key : undefined;
  return {
    'x-litellm-call-id': id,
    'x-litellm-version': GATEWAY_VERSION,
    'x-litellm-key-spend': text(key?.spend),
    'x-litellm-key-max-budget': text(key?.maxBudget),
    'x-litellm-key-rpm-limit': text(key?.rpmLimit),
    'x-litellm-key-tpm-limit': text(key?.tpmLimit),
  };
}

/** Which deployment answered, and how it was come by. */
export function routeHeaders(group: string, { deployment, attemptedRetries, attemptedFallbacks }: Route): Headers {
  return {
    'x-litellm-model-id': deployment.id,
    'x-litellm-model-group': group,
    'x-litellm-model-api-base': deployment.apiBase,
    'x-litellm-attempted-retries': String(attemptedRetries),
    'x-litellm-attempted-fallbacks': String(attemptedFallbacks),
  };
}

export function cacheHeaders(group: string, { key, similarity }: CacheHit): Headers {
  return {
    'x-litellm-model-group': group,
    'x-litellm-cache-hit': 'True',
    'x-litellm-cache-key': key,
    'x-litellm-semantic-similarity': similarity < 1 ? similarity.toFixed(4) : undefined,
    'x-litellm-response-cost': '0',
  };
}

/** What is left to the caller, by party as LiteLLM names it, and for the key in the short form. */
export function limitHeaders(parties: readonly LimitedParty[], lease: Lease, group: string): Headers {
  const headers: Record<string, string | undefined> = {};
  const own = group.replace(/[^\w.-]/g, '_');
  for (const party of parties) {
    const { requests, tokens } = lease.remaining(party);
    headers[`x-ratelimit-${party.key}-limit-requests`] = text(party.requests);
    headers[`x-ratelimit-${party.key}-remaining-requests`] = text(requests);
    headers[`x-ratelimit-${party.key}-limit-tokens`] = text(party.tokens);
    headers[`x-ratelimit-${party.key}-remaining-tokens`] = text(tokens);
    if (party.key === 'team' || party.key === 'global') continue;
    headers[`x-litellm-key-remaining-requests-${own}`] = least(headers[`x-litellm-key-remaining-requests-${own}`], requests);
    headers[`x-litellm-key-remaining-tokens-${own}`] = least(headers[`x-litellm-key-remaining-tokens-${own}`], tokens);
  }
  return headers;
}

/** The gateway's own 429, in LiteLLM's words. Unlike a provider's it carries `retry-after` and `rate_limit_type`, and no `llm_provider-` headers. */
export function rateLimitError({ party, type, limit, retryAfterMs, resetsAtMs }: Excess): GatewayError {
  const resetAt = new Date(resetsAtMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
  return new GatewayError(
    429,
    `Rate limit exceeded for ${party.key}: ${party.value}. Limit type: ${type}. Current limit: ${limit}, Remaining: 0. Limit resets at: ${resetAt}`,
    { headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))), rate_limit_type: type, reset_at: resetAt } },
  );
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function least(before: string | undefined, value: number | undefined): string | undefined {
  if (value === undefined) return before;
  return before === undefined ? String(value) : String(Math.min(Number(before), value));
}
