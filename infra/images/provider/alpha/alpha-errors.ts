import type { Headers, RenderedRefusal } from '../face.ts';
import type { Refusal } from '../refusal.ts';
import { formatDuration } from './duration.ts';

interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

type Rendered = readonly [status: number, error: ErrorBody, headers?: Headers];

/** A refusal in OpenAI's words and codes. */
export function alphaRefusal(refusal: Refusal): RenderedRefusal {
  const [status, error, headers = {}] = render(refusal);
  return { status, headers, body: { error } };
}

function render(refusal: Refusal): Rendered {
  switch (refusal.kind) {
    case 'invalid-request':
      return refusal.problem === 'missing'
        ? [400, invalid(`Missing required parameter: '${refusal.param ?? 'body'}'.`, refusal.param, 'missing_required_parameter')]
        : [400, invalid(`Invalid value for '${refusal.param ?? 'body'}': ${refusal.message}.`, refusal.param, 'invalid_value')];
    case 'unreadable-body':
      return [
        400,
        invalid(
          'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)',
        ),
      ];
    case 'too-large':
      return [413, invalid('The request body is too large.', null, 'request_too_large')];
    case 'unsupported':
      return [400, invalid(refusal.message, refusal.param, 'unsupported_parameter')];
    case 'unknown-url':
      return [404, invalid(`Unknown request URL: ${refusal.method} ${refusal.path}. Please check the URL for typos.`, null, 'unknown_url')];
    case 'no-key':
      return [
        401,
        invalid(
          "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        ),
      ];
    case 'invalid-key':
      return [
        401,
        invalid(
          `Incorrect API key provided: ${refusal.shown}. You can find your API key in your organization's settings.`,
          null,
          'invalid_api_key',
        ),
      ];
    case 'expired-key':
      return [401, invalid('Your API key has expired. Please create a new one.', null, 'invalid_api_key')];
    case 'unknown-model':
      return [404, invalid(`The model \`${refusal.model}\` does not exist or you do not have access to it.`, null, 'model_not_found')];
    case 'retired-model':
      return [
        404,
        invalid(
          `The model \`${refusal.model}\` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations`,
          null,
          'model_not_found',
        ),
      ];
    case 'context-exceeded':
      return [
        400,
        invalid(
          `This model's maximum context length is ${refusal.most} tokens. However, your messages resulted in ${refusal.tokens} tokens. Please reduce the length of the messages.`,
          'messages',
          'context_length_exceeded',
        ),
      ];
    case 'output-exceeded':
      return [
        400,
        invalid(
          `max_tokens is too large: ${refusal.tokens}. This model supports at most ${refusal.most} completion tokens, whereas you provided ${refusal.tokens}.`,
          'max_tokens',
          'invalid_value',
        ),
      ];
    case 'rate-limited':
      return rateLimited(refusal);
    case 'too-many-concurrent':
      return [429, limited('requests', 'Too many concurrent requests. Please wait for one of them to end.')];
    case 'quota-spent':
      return [
        429,
        {
          message:
            'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
          type: 'insufficient_quota',
          param: null,
          code: 'insufficient_quota',
        },
      ];
    case 'overloaded':
      return [
        503,
        serverError(
          'That model is currently overloaded with other requests. You can retry your request, or contact us through our help center if the error persists.',
        ),
      ];
    case 'unavailable':
      return [503, serverError('The server is temporarily unable to handle your request. Please try again later.')];
    case 'internal-error':
      return [500, serverError('The server had an error while processing your request. Sorry about that!')];
  }
}

function rateLimited({ model, organization, shortage }: Extract<Refusal, { kind: 'rate-limited' }>): Rendered {
  const { kind, limit, used, requested, waitMs } = shortage;
  const type = kind === 'requests' ? 'requests' : 'tokens';
  const unit = kind === 'requests' ? 'requests per min (RPM)' : 'tokens per min (TPM)';
  const where = `for ${model} in organization ${organization} on ${unit}: Limit ${limit}`;
  if (waitMs === undefined)
    return [
      429,
      limited(
        type,
        `Request too large ${where}, Requested ${requested}. The input or output tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to learn more.`,
      ),
    ];
  const message = `Rate limit reached ${where}, Used ${used}, Requested ${requested}. Please try again in ${formatDuration(waitMs)}. Visit https://platform.openai.com/account/rate-limits to learn more.`;
  // Whole seconds where there is one to wait for; who must know more closely reads the other header, as OpenAI's own clients do.
  const retryAfter: Headers = waitMs >= 1_000 ? { 'retry-after': String(Math.ceil(waitMs / 1_000)) } : {};
  return [429, limited(type, message), { ...retryAfter, 'retry-after-ms': String(waitMs) }];
}

function invalid(message: string, param: string | null = null, code: string | null = null): ErrorBody {
  return { message, type: 'invalid_request_error', param, code };
}

function limited(type: 'requests' | 'tokens', message: string): ErrorBody {
  return { message, type, param: null, code: 'rate_limit_exceeded' };
}

function serverError(message: string): ErrorBody {
  return { message, type: 'server_error', param: null, code: null };
}
