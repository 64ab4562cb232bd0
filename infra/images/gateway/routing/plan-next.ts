import type { Fallbacks } from '../config/gateway-config.ts';
import type { FailureKind } from '../upstream/provider-error.ts';

export interface FailureFacts {
  readonly kind: FailureKind;
  readonly retryAfterMs: number | undefined;
  /** Retries still allowed in this group. */
  readonly retriesLeft: number;
  /** Counts from 0. */
  readonly retry: number;
  /** Other deployments of the group that could be asked now. */
  readonly alternatives: number;
  readonly hasFallbacks: boolean;
  readonly minWaitMs: number;
}

export type NextStep =
  | { readonly kind: 'retry'; readonly afterMs: number; readonly excludeDeployment: boolean }
  | { readonly kind: 'fall back'; readonly list: keyof Fallbacks }
  | { readonly kind: 'give up' };

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;
/** A provider that wants a longer wait than this is not waited for. */
const MAX_WAIT_MS = 60_000;

/**
 * What to do after a failed attempt. What is wrong with the request is wrong everywhere, so only what the operator named for it helps. What is
 * wrong with a key or a model is not mended by asking again. The rest is tried again: elsewhere at once, at the same place after a pause.
 */
export function planNext(facts: FailureFacts, random: () => number): NextStep {
  switch (facts.kind) {
    case 'bad_request':
      return { kind: 'give up' };
    case 'context_window':
      return { kind: 'fall back', list: 'contextWindow' };
    case 'content_policy':
      return { kind: 'fall back', list: 'contentPolicy' };
    case 'auth':
    case 'not_found':
    case 'quota':
      return facts.retriesLeft > 0 && facts.alternatives > 0
        ? { kind: 'retry', afterMs: facts.minWaitMs, excludeDeployment: true }
        : { kind: 'fall back', list: 'general' };
    case 'rate_limit':
    case 'timeout':
    case 'connection':
    case 'overloaded':
    case 'server':
      return planRetry(facts, random);
  }
}

function planRetry(
  { kind, retryAfterMs, retriesLeft, retry, alternatives, hasFallbacks, minWaitMs }: FailureFacts,
  random: () => number,
): NextStep {
  if (retriesLeft <= 0) return { kind: 'fall back', list: 'general' };
  if (alternatives > 0) return { kind: 'retry', afterMs: minWaitMs, excludeDeployment: true };
  // With somewhere else to go nobody waits for a limit to pass.
  if (kind === 'rate_limit' && hasFallbacks) return { kind: 'fall back', list: 'general' };
  if (retryAfterMs !== undefined && retryAfterMs > MAX_WAIT_MS) return { kind: 'fall back', list: 'general' };
  return { kind: 'retry', afterMs: Math.max(minWaitMs, retryAfterMs ?? backoffMs(retry, random)), excludeDeployment: false };
}

/** Doubles from half a second to eight, less up to a quarter by chance. */
export function backoffMs(retry: number, random: () => number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** retry, MAX_BACKOFF_MS) * (1 - random() / 4);
}

/** The groups to try after this one, in order; each once. */
export function fallbackGroups(fallbacks: Fallbacks, list: keyof Fallbacks, group: string, asked: string): readonly string[] {
  const own = list === 'byDefault' ? undefined : (fallbacks[list].get(asked) ?? fallbacks[list].get(group));
  const all = own ?? (list === 'general' ? fallbacks.byDefault : []);
  return [...new Set(all)].filter((other) => other !== group && other !== asked);
}
