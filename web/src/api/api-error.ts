import { errorBodySchema, type ErrorBody } from '../../../server/contract/errors.ts';

/** The contract's codes and two of the page's own: the server did not answer, and it answered something that is not in the contract. */
export type ApiErrorCode = ErrorBody['error']['code'] | 'Unreachable' | 'UnexpectedAnswer';

/**
 * The one failure the pages know. `message` says what happened, `remedy` what to do next; both are whole sentences to show as they are.
 */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly remedy: string;
  readonly issues: readonly { path: string; message: string }[];
  readonly retryAfterSeconds: number | null;
  readonly requestId: string | null;

  constructor(
    code: ApiErrorCode,
    message: string,
    details: {
      remedy?: string | undefined;
      issues?: readonly { path: string; message: string }[] | undefined;
      retryAfterSeconds?: number | undefined;
      requestId?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ApiError';
    this.code = code;
    this.remedy = details.remedy ?? defaultRemedy(code);
    this.issues = details.issues ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.requestId = details.requestId ?? null;
  }

  /** The message that belongs to one form field, if the server named it. */
  issueAt(path: string): string | null {
    return this.issues.find((issue) => issue.path === path)?.message ?? null;
  }
}

export function fromErrorBody(error: ErrorBody['error']): ApiError {
  return new ApiError(error.code, error.message, error);
}

/** Reads the body of a refusal; anything that is not the contract's shape (a proxy's HTML page, say) becomes `UnexpectedAnswer`. */
export function fromRefusal(status: number, body: unknown): ApiError {
  const parsed = errorBodySchema.safeParse(body);
  if (parsed.success) return fromErrorBody(parsed.data.error);
  return new ApiError('UnexpectedAnswer', `The server answered with status ${status} and no explanation.`);
}

/** Whatever was thrown, as the one kind the pages can show. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('UnexpectedAnswer', 'Something in this page went wrong.', {
    remedy: 'Reload the page. Your work in the sandbox goes on meanwhile.',
    cause: error,
  });
}

function defaultRemedy(code: ApiErrorCode): string {
  switch (code) {
    case 'Unreachable':
      return 'Check your connection and try again. Your sandbox and its terminals go on without this page.';
    case 'UnexpectedAnswer':
      return 'Reload the page; if it stays, tell the administrator when it happened.';
    case 'SignInRequired':
      return 'Sign in again; you come back to where you were.';
    case 'Forbidden':
      return 'Ask an administrator if you need this.';
    case 'NotFound':
      return 'Go back and choose again; it may have been removed.';
    case 'Internal':
      return 'Try again; if it stays, give the administrator the request number below.';
    case 'TooManyRequests':
    case 'CapacityExhausted':
      return 'Wait a little and try again.';
    default:
      return 'Correct it and try again.';
  }
}
