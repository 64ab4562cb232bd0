/**
 * The `reason` of a refusal by the API server, or undefined for any other error. Read structurally, so that a client which got its
 * refusal over HTTP and one which got it in process look the same.
 */
export function refusalReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const status = error.status;
  if (typeof status !== 'object' || status === null || !('reason' in status)) return undefined;
  return typeof status.reason === 'string' ? status.reason : undefined;
}

export const isNotFound = (error: unknown): boolean => refusalReason(error) === 'NotFound';
export const isAlreadyExists = (error: unknown): boolean => refusalReason(error) === 'AlreadyExists';
export const isConflict = (error: unknown): boolean => refusalReason(error) === 'Conflict';
export const isExpired = (error: unknown): boolean => ['Expired', 'Gone'].includes(refusalReason(error) ?? '');
export const isForbidden = (error: unknown): boolean => refusalReason(error) === 'Forbidden';

/** Awaits a call and turns the answer "not found" into undefined. */
export async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** True when the cause is a namespace on its way out, in which nothing can be created any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  return isForbidden(error) && error instanceof Error && error.message.includes('being terminated');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
