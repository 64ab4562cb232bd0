import type { Face } from '../face.ts';
import { randomId } from '../ids.ts';
import type { LimitKind, LimitState } from '../rate-limits.ts';
import { refuse } from '../refusal.ts';
import { betaRefusal } from './beta-errors.ts';
import { betaRoutes } from './beta-routes.ts';

/** Anthropic's face. Sources: the API reference's pages on errors, rate limits and versioning. */
export const betaFace: Face = {
  name: 'beta',
  routes: betaRoutes,
  newRequestId: () => `req_01${randomId(22)}`,
  credential: ({ authorization, ...headers }) => {
    const key = headers['x-api-key'];
    return typeof key === 'string' && key !== '' ? key : /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  },
  checkHeaders: (headers) => {
    if (headers['anthropic-version'] !== undefined) return;
    refuse({ kind: 'invalid-request', problem: 'invalid', param: null, message: 'anthropic-version: header is required' });
  },
  requestHeaders: (requestId, key) => ({
    'request-id': requestId,
    ...(key === undefined ? {} : { 'anthropic-organization-id': key.organization.id }),
  }),
  limitHeaders: (states, nowMs) => {
    const [tightest] = states.filter((state) => state.kind !== 'requests').toSorted((one, other) => left(one) - left(other));
    const all = states.flatMap((state) => limitHeaders(state, headerNames[state.kind], nowMs));
    const tokens = tightest === undefined ? [] : limitHeaders(tightest, 'tokens', nowMs);
    return Object.fromEntries([...all, ...tokens]);
  },
  refusal: (refusal, requestId) => betaRefusal(refusal, requestId),
  // Tokens read from the cache do not count towards the input limit.
  amounts: ({ inputTokens, outputTokens }) => ({ inputTokens, outputTokens }),
};

const headerNames: Readonly<Record<LimitKind, string>> = {
  requests: 'requests',
  tokens: 'tokens',
  inputTokens: 'input-tokens',
  outputTokens: 'output-tokens',
};

function left({ remaining, limit }: LimitState): number {
  return remaining / limit;
}

function limitHeaders({ limit, remaining, resetMs }: LimitState, name: string, nowMs: number): readonly (readonly [string, string])[] {
  const prefix = `anthropic-ratelimit-${name}`;
  return [
    [`${prefix}-limit`, String(limit)],
    [`${prefix}-remaining`, String(remaining)],
    [`${prefix}-reset`, wholeSeconds(nowMs + resetMs)],
  ];
}

/** RFC 3339 in whole seconds, never early. */
function wholeSeconds(atMs: number): string {
  return new Date(Math.ceil(atMs / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}
