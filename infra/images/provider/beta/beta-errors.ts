import type { Headers, RenderedRefusal } from '../face.ts';
import type { LimitKind, Shortage } from '../rate-limits.ts';
import type { Refusal } from '../refusal.ts';

interface Rendered {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly details?: object;
  readonly headers?: Headers;
}

/** A refusal in Anthropic's words and types. */
export function betaRefusal(refusal: Refusal, requestId: string): RenderedRefusal {
  const { status, headers = {}, ...error } = render(refusal);
  return { status, headers, body: { type: 'error', error, request_id: requestId } };
}

function render(refusal: Refusal): Rendered {
  switch (refusal.kind) {
    case 'invalid-request':
      return invalid(withParam(refusal));
    case 'unreadable-body':
      return invalid('The request body is not valid JSON');
    case 'too-large':
      return { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' };
    case 'unsupported':
      return invalid(`${refusal.param}: ${refusal.message}`);
    case 'unknown-url':
      return { status: 404, type: 'not_found_error', message: 'Not Found' };
    case 'no-key':
      return { status: 401, type: 'authentication_error', message: 'x-api-key header is required' };
    case 'invalid-key':
      return { status: 401, type: 'authentication_error', message: 'invalid x-api-key' };
    case 'expired-key':
      return { status: 401, type: 'authentication_error', message: 'This API key has expired' };
    case 'unknown-model':
    case 'retired-model':
      return { status: 404, type: 'not_found_error', message: `model: ${refusal.model}` };
    case 'context-exceeded':
      return invalid(`prompt is too long: ${refusal.tokens} tokens > ${refusal.most} maximum`);
    case 'output-exceeded':
      return invalid(
        `max_tokens: ${refusal.tokens} > ${refusal.most}, which is the maximum allowed number of output tokens for ${refusal.model}`,
      );
    case 'rate-limited':
      return {
        status: 429,
        type: 'rate_limit_error',
        message: rateLimitMessage(refusal),
        headers: retryAfter(refusal.shortage),
      };
    case 'too-many-concurrent':
      return {
        status: 429,
        type: 'rate_limit_error',
        message: 'Number of concurrent connections has exceeded your rate limit. Please try again later or contact sales.',
        headers: { 'retry-after': '1' },
      };
    case 'quota-spent':
      // Without retry-after: waiting is useless until the month is over.
      return {
        status: 429,
        type: 'rate_limit_error',
        message: "This request would exceed your account's monthly spend limit. Please try again later.",
        details: { error_code: 'enforced_spend_limit_reached' },
      };
    case 'overloaded':
      return { status: 529, type: 'overloaded_error', message: 'Overloaded' };
    case 'unavailable':
    case 'internal-error':
      return { status: 500, type: 'api_error', message: 'Internal server error' };
  }
}

function withParam({ problem, param, message }: Extract<Refusal, { kind: 'invalid-request' }>): string {
  const what = problem === 'missing' ? 'Field required' : message;
  return param === null ? what : `${param}: ${what}`;
}

const units: Readonly<Record<LimitKind, string>> = {
  requests: 'requests',
  tokens: 'tokens',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
};

function rateLimitMessage({ model, organization, shortage }: Extract<Refusal, { kind: 'rate-limited' }>): string {
  const limit = shortage.limit.toLocaleString('en-US');
  return (
    `This request would exceed your organization's rate limit of ${limit} ${units[shortage.kind]} per minute (org: ${organization}, model: ${model}). ` +
    'For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. ' +
    'Please reduce the prompt length or the maximum tokens requested, or try again later.'
  );
}

/** Whole seconds, as the documentation has it. */
function retryAfter({ waitMs }: Shortage): Headers {
  return waitMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
}

function invalid(message: string): Rendered {
  return { status: 400, type: 'invalid_request_error', message };
}
