import { AxiosError } from 'axios';

/** What the API server answered, as far as it explains itself. */
export interface ChaosRefusalStatus {
  readonly code: number;
  /** Kubernetes' reason, such as NotFound or Invalid; empty where the answer was no Status. */
  readonly reason: string;
}

/**
 * What every call of the client throws. `Refused` is the API server's word, with its status; `Unreachable` is no answer, or none that stands, after
 * all tries; `TimedOut` is a state that did not come about.
 */
export class ChaosError extends Error {
  readonly code: 'Refused' | 'Unreachable' | 'TimedOut';
  readonly status: ChaosRefusalStatus | undefined;

  constructor(code: ChaosError['code'], message: string, options: { readonly status?: ChaosRefusalStatus; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChaosError';
    this.code = code;
    this.status = options.status;
  }
}

export function isAbsent(error: unknown): boolean {
  return error instanceof ChaosError && error.status?.code === 404;
}

export function isTaken(error: unknown): boolean {
  return error instanceof ChaosError && error.status?.reason === 'AlreadyExists';
}

/** The one place where axios' errors end. What they hold, credentials among it, is left behind. */
export function toChaosError(error: unknown, what: string): ChaosError {
  if (error instanceof ChaosError) return error;
  if (!(error instanceof AxiosError))
    return new ChaosError('Unreachable', `${what}: ${error instanceof Error ? error.message : String(error)}`);
  const { response } = error;
  if (response === undefined) return new ChaosError('Unreachable', `${what}: ${error.code ?? ''} ${error.message}`.trim());
  const { message, reason } = readStatus(response.data);
  const text = message === '' ? `the API server answered ${response.status}` : message;
  return new ChaosError('Refused', `${what}: ${text}`, { status: { code: response.status, reason } });
}

function readStatus(data: unknown): { readonly message: string; readonly reason: string } {
  if (typeof data !== 'object' || data === null) return { message: '', reason: '' };
  const { message, reason } = data as { readonly message?: unknown; readonly reason?: unknown };
  return { message: typeof message === 'string' ? message.slice(0, 1000) : '', reason: typeof reason === 'string' ? reason : '' };
}
