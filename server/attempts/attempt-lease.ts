/** The lease of whoever does what only one server may do for an attempt, its terminals among it. */
export function leaseOf(attemptId: string): string {
  return `attempt/${attemptId}`;
}

/** The attempt that a lease is about; none for other leases. */
export function attemptOf(lease: string): readonly string[] {
  const [kind, id] = lease.split('/');
  return kind === 'attempt' && id !== undefined ? [id] : [];
}
