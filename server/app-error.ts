import type { ErrorCode } from './contract/errors.ts';

export interface AppErrorOptions extends ErrorOptions {
  /** What the person can do next. */
  readonly remedy?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
}

/**
 * The one error that reaches people. `message` is a sentence for a person and safe to show: no paths of this machine, no secrets;
 * what a developer needs is in `cause`, which is logged and never sent.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly issues: AppErrorOptions['issues'];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.remedy = options.remedy;
    this.issues = options.issues;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export function notFound(what: string): AppError {
  return new AppError('NotFound', `There is no such ${what}.`, { remedy: 'It may have been removed. Go back and reload the list.' });
}

/** The text of whatever was thrown, for logs and for causes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node, drivers and libraries put on their errors, when it is a string. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
