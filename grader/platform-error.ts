/**
 * What the grader, the faults and the stage throw when the sandbox or their own machinery fails them. It is never the trainee's fault: a
 * check that meets it answers `inconclusive`.
 */
export class PlatformError extends Error {
  readonly code: 'ApiFailed' | 'ExecFailed' | 'ProberFailed' | 'TimedOut' | 'BaselineMissing' | 'CredentialsMissing';

  constructor(code: PlatformError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlatformError';
    this.code = code;
  }
}

/** One line about anything thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
