/** What one look at a container showed; `unknown` is our own failure to look, which counts for nothing. */
export type ProbeOutcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** Kubelet's bound on what it reads of a probe's answer. */
export const MAX_PROBE_OUTPUT_BYTES = 10 * 1024;

export function failure(message: string): ProbeOutcome {
  return { kind: 'failure', message };
}

/** The `code` of an error or of what caused it, such as ECONNREFUSED. */
export function errorCodeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^E[A-Z]|^ERR_/.test(at.code)) return at.code;
  }
  return undefined;
}

/** Go's words for why a connection could not be made. */
export function dialFailure(error: unknown, address: string): string {
  switch (errorCodeOf(error)) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'ECONNRESET':
      return `read tcp ${address}: read: connection reset by peer`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ETIMEDOUT':
      return `dial tcp ${address}: i/o timeout`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
