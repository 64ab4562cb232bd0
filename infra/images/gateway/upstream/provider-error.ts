import type { IncomingHttpHeaders } from 'node:http';
import type { Deployment, Provider } from '../config/gateway-config.ts';
import { GatewayError } from '../http/gateway-error.ts';
import { asObject, asText } from '../translation/openai-types.ts';

/** What a provider's failure means for what to do next. */
export type FailureKind =
  | 'rate_limit'
  /** A quota or spend limit: waiting a minute does not help. */
  | 'quota'
  | 'auth'
  | 'not_found'
  | 'bad_request'
  | 'context_window'
  | 'content_policy'
  | 'timeout'
  | 'connection'
  | 'overloaded'
  | 'server';

/** A deployment's failure to answer. */
export class ProviderError extends Error {
  readonly kind: FailureKind;
  /** The provider's status; 408 for a timeout, 500 when there was none. */
  readonly status: number;
  readonly deployment: Deployment;
  /** What the provider asked to wait, if it did. */
  readonly retryAfterMs: number | undefined;
  /** Those of the provider's headers that tell of limits and requests. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    deployment: Deployment,
    failure: {
      readonly kind: FailureKind;
      readonly status: number;
      readonly message: string;
      readonly headers?: IncomingHttpHeaders;
      readonly cause?: unknown;
    },
  ) {
    super(failure.message, { cause: failure.cause });
    this.name = 'ProviderError';
    this.kind = failure.kind;
    this.status = failure.status;
    this.deployment = deployment;
    this.retryAfterMs = failure.headers === undefined ? undefined : readRetryAfter(failure.headers);
    this.headers = failure.headers === undefined ? {} : tellingHeaders(failure.headers);
  }
}

/** Makes sense of a provider's refusal, in either face. */
export function readRefusal(deployment: Deployment, status: number, headers: IncomingHttpHeaders, text: string): ProviderError {
  const error = asObject(asObject(parseJson(text))?.['error']);
  const message = asText(error?.['message']) || text.slice(0, 300) || `status ${status}`;
  const words = [error?.['code'], error?.['type'], asObject(error?.['details'])?.['error_code']].map(asText);
  return new ProviderError(deployment, { kind: kindOf(status, words, message), status, message, headers });
}

function kindOf(status: number, words: readonly string[], message: string): FailureKind {
  const says = (...known: readonly string[]): boolean => words.some((word) => known.includes(word));
  if (says('insufficient_quota', 'enforced_spend_limit_reached', 'billing_error') || /credit balance is too low/i.test(message))
    return 'quota';
  if (status === 429) return 'rate_limit';
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'not_found';
  if (status === 408) return 'timeout';
  if (status === 529 || status === 503) return 'overloaded';
  if (status >= 500) return 'server';
  if (says('context_length_exceeded') || /maximum context length|prompt is too long|context window/i.test(message)) return 'context_window';
  if (says('content_policy_violation', 'content_filter', 'guardrail_blocked')) return 'content_policy';
  return 'bad_request';
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
function readRetryAfter(headers: IncomingHttpHeaders): number | undefined {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (milliseconds >= 0) return Math.min(milliseconds, MAX_RETRY_AFTER_MS);
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const waitMs = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return waitMs >= 0 ? Math.min(waitMs, MAX_RETRY_AFTER_MS) : undefined;
}

export function tellingHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const telling = Object.entries(headers).filter(([name]) =>
    /^(?:x-ratelimit-|anthropic-ratelimit-|retry-after|x-request-id$|request-id$)/.test(name),
  );
  return Object.fromEntries(telling.slice(0, 40).map(([name, value]) => [`llm_provider-${name}`, String(value).slice(0, 500)]));
}

const litellmClasses: Readonly<Record<FailureKind, readonly [name: string, status: number | undefined, type: string]>> = {
  rate_limit: ['RateLimitError', 429, 'throttling_error'],
  quota: ['RateLimitError', 429, 'throttling_error'],
  auth: ['AuthenticationError', undefined, 'auth_error'],
  not_found: ['NotFoundError', 404, 'None'],
  bad_request: ['BadRequestError', undefined, 'invalid_request_error'],
  context_window: ['ContextWindowExceededError', 400, 'invalid_request_error'],
  content_policy: ['ContentPolicyViolationError', 400, 'invalid_request_error'],
  timeout: ['Timeout', 408, 'None'],
  connection: ['InternalServerError', 500, 'internal_server_error'],
  overloaded: ['ServiceUnavailableError', undefined, 'None'],
  server: ['InternalServerError', undefined, 'internal_server_error'],
};

const exceptionNames: Readonly<Record<Provider, string>> = {
  openai: 'OpenAIException',
  anthropic: 'AnthropicException',
  hosted_vllm: 'Hosted_vllmException',
};

/** A provider's failure as LiteLLM tells it to the client. `llm_provider-` headers show whose failure it is. */
export function toGatewayError(error: ProviderError, told: string): GatewayError {
  const [name, status, type] = litellmClasses[error.kind];
  const { provider, id, apiBase } = error.deployment;
  return new GatewayError(status ?? error.status, `litellm.${name}: ${name}: ${exceptionNames[provider]} - ${error.message}. ${told}`, {
    type,
    headers: { ...error.headers, 'x-litellm-model-id': id, 'x-litellm-model-api-base': apiBase },
    fields: { llm_provider: provider },
    contentPolicy: error.kind === 'content_policy',
    cause: error,
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
