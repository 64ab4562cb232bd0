import type { Evidence, Verdict } from './verdict.ts';

/** One look at the sandbox. May be called again and again; throws PlatformError when it could not look. */
export type Sample = () => Promise<Verdict>;

export function pass(evidence: readonly Evidence[] = []): Verdict {
  return { kind: 'pass', evidence };
}

export function fail(reason: string, evidence: readonly Evidence[] = []): Verdict {
  return { kind: 'fail', reason, evidence };
}

export function inconclusive(reason: string, evidence: readonly Evidence[] = []): Verdict {
  return { kind: 'inconclusive', reason, evidence };
}

/** A failure decides over what could not be made, and that over success. The first reason is given, all evidence kept. */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  const evidence = verdicts.flatMap((verdict) => verdict.evidence);
  for (const kind of ['fail', 'inconclusive'] as const) {
    const found = verdicts.find((verdict) => verdict.kind === kind);
    if (found !== undefined && found.kind !== 'pass') return { kind: found.kind, reason: found.reason, evidence };
  }
  return pass(evidence);
}
