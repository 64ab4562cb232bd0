import { randomBytes } from 'node:crypto';
import type { Face, Headers } from '../face.ts';
import type { LimitState } from '../rate-limits.ts';
import { alphaRefusal } from './alpha-errors.ts';
import { alphaRoutes } from './alpha-routes.ts';
import { formatDuration } from './duration.ts';

/** OpenAI's face. Sources: the API reference's pages on headers, rate limits and error codes. */
export const alphaFace: Face = {
  name: 'alpha',
  routes: alphaRoutes,
  newRequestId: () => `req_${randomBytes(16).toString('hex')}`,
  credential: ({ authorization }) => /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1],
  checkHeaders: () => {},
  requestHeaders: (requestId, key, tookMs) => ({
    'x-request-id': requestId,
    'openai-version': '2020-10-01',
    'openai-processing-ms': String(tookMs),
    ...(key === undefined ? {} : { 'openai-organization': key.organization.id }),
  }),
  limitHeaders: (states) => Object.assign({}, ...states.map(limitHeaders)) as Headers,
  refusal: (refusal) => alphaRefusal(refusal),
  amounts: ({ inputTokens, cachedInputTokens, outputTokens }) => ({ tokens: inputTokens + cachedInputTokens + outputTokens }),
};

function limitHeaders({ kind, limit, remaining, resetMs }: LimitState): Headers {
  return {
    [`x-ratelimit-limit-${kind}`]: String(limit),
    [`x-ratelimit-remaining-${kind}`]: String(remaining),
    [`x-ratelimit-reset-${kind}`]: formatDuration(resetMs),
  };
}
