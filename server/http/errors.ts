import { z } from 'zod';
import { StageError } from '../../labs/lab-stage.ts';
import { AppError, messageOf, notFound } from '../app-error.ts';
import { RevisionConflict } from '../attempts/attempt-records.ts';
import type { ErrorBody, ErrorCode } from '../contract/errors.ts';
import { SubstrateError } from '../sandboxes/substrate.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  InvalidRequest: 400,
  SignInRequired: 401,
  WrongCredentials: 401,
  LinkExpired: 410,
  Forbidden: 403,
  CsrfTokenMissing: 403,
  NotFound: 404,
  Conflict: 409,
  AttemptNotRunning: 409,
  AlreadyRunning: 409,
  StepLocked: 409,
  HintLocked: 409,
  NotHealthy: 409,
  NoExtensionsLeft: 409,
  TerminalLimit: 409,
  ReadOnly: 403,
  CapacityExhausted: 503,
  SubstrateUnavailable: 503,
  Unavailable: 503,
  TooManyRequests: 429,
  PayloadTooLarge: 413,
  StorageFull: 507,
  Internal: 500,
};

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** Whatever was thrown, as an AppError. What is not known becomes Internal, whose cause is for the log only. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof z.ZodError) return invalidRequest(error);
  if (error instanceof StageError) return fromStage(error);
  if (error instanceof SubstrateError) return fromSubstrate(error);
  if (error instanceof RevisionConflict)
    return new AppError('Conflict', 'Somebody changed this in the same moment.', {
      cause: error,
      remedy: 'Look at it again, then try once more.',
    });
  return fromBodyParser(error) ?? internal(error);
}

export function toErrorBody(error: AppError, requestId: string | undefined): ErrorBody['error'] {
  return {
    code: error.code,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error.issues === undefined ? {} : { issues: error.issues.map((issue) => ({ ...issue })) }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

export function invalidRequest(error: z.ZodError): AppError {
  const issues = error.issues.slice(0, 20).map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return new AppError('InvalidRequest', 'Something in the request is not as it should be.', {
    issues,
    remedy: 'Correct what is marked and try again.',
  });
}

function internal(cause: unknown): AppError {
  return new AppError('Internal', 'Something went wrong on the server.', {
    cause,
    remedy: 'Try again; if it stays, give your administrator the request id.',
  });
}

function fromStage(error: StageError): AppError {
  const options = { cause: error };
  switch (error.code) {
    case 'NotHealthy':
      return new AppError('NotHealthy', error.message, { ...options, remedy: 'Finish what is named and try again.' });
    case 'UnknownStep':
    case 'UnknownFault':
      return new AppError('NotFound', error.message, options);
    case 'SandboxLost':
    case 'TimedOut':
    case 'PlatformFailed':
      return new AppError('SubstrateUnavailable', error.message, { ...options, remedy: 'Wait a moment and try again.' });
  }
}

function fromSubstrate(error: SubstrateError): AppError {
  const code = error.code === 'CapacityExhausted' ? 'CapacityExhausted' : 'SubstrateUnavailable';
  return new AppError(code, messageOf(error), { cause: error, remedy: 'Wait a moment and try again.' });
}

/** Express' body parser marks its errors with a `type`. */
function fromBodyParser(error: unknown): AppError | undefined {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large')
    return new AppError('PayloadTooLarge', 'The request is too large.', { cause: error, remedy: 'Send less at once.' });
  if (typeof type === 'string' && /^(?:entity|encoding|charset|request)\./.test(type)) {
    return new AppError('InvalidRequest', 'The request could not be read as JSON.', { cause: error });
  }
  if (typeof error === 'object' && error !== null && 'statusCode' in error && (error.statusCode === 404 || error.statusCode === 403))
    return notFound('file');
  return error instanceof URIError ? new AppError('InvalidRequest', 'The address could not be read.', { cause: error }) : undefined;
}
