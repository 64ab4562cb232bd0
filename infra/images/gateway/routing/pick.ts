import type { Deployment, RouterSettings } from '../config/gateway-config.ts';
import type { DeploymentState } from './deployment-state.ts';

export interface Candidate {
  readonly deployment: Deployment;
  readonly state: DeploymentState;
}

export type DeploymentPick =
  | { readonly kind: 'picked'; readonly candidate: Candidate; readonly alternatives: number }
  /** There are none, or all are cooling down, at their limits, or have been tried and will not do. */
  | { readonly kind: 'none'; readonly reason: 'unknown' | 'cooldown' | 'limit' | 'excluded'; readonly retryAfterMs: number };

/** Chooses one of a group's deployments. `random` gives numbers in [0, 1). */
export function pickDeployment(
  candidates: readonly Candidate[],
  strategy: RouterSettings['strategy'],
  excluded: ReadonlySet<string>,
  random: () => number,
): DeploymentPick {
  const wanted = candidates.filter(({ deployment }) => !excluded.has(deployment.id));
  const warm = wanted.filter(({ state }) => state.cooldownLeftMs === 0);
  const free = warm.filter(hasRoom);
  const order = Math.min(...free.map(({ deployment }) => deployment.order));
  const first = free.filter(({ deployment }) => deployment.order === order);
  const candidate = choose(first, strategy, random);
  if (candidate !== undefined) return { kind: 'picked', candidate, alternatives: free.length - 1 };
  if (candidates.length === 0) return { kind: 'none', reason: 'unknown', retryAfterMs: 0 };
  if (wanted.length === 0) return { kind: 'none', reason: 'excluded', retryAfterMs: 0 };
  if (warm.length === 0)
    return { kind: 'none', reason: 'cooldown', retryAfterMs: Math.min(...wanted.map(({ state }) => state.cooldownLeftMs)) };
  return { kind: 'none', reason: 'limit', retryAfterMs: Math.min(...warm.map(untilRoomMs)) };
}

function hasRoom({ deployment: { rpm, tpm, maxParallel }, state }: Candidate): boolean {
  if (maxParallel !== undefined && state.inFlight >= maxParallel) return false;
  return (rpm === undefined || state.requestsThisMinute < rpm) && (tpm === undefined || state.tokensThisMinute < tpm);
}

function untilRoomMs({ deployment: { maxParallel }, state }: Candidate): number {
  return maxParallel !== undefined && state.inFlight >= maxParallel ? 1_000 : state.minuteLeftMs;
}

function choose(candidates: readonly Candidate[], strategy: RouterSettings['strategy'], random: () => number): Candidate | undefined {
  switch (strategy) {
    case 'simple-shuffle':
      return weighted(candidates, random);
    case 'least-busy':
      return least(candidates, ({ state }) => state.inFlight, random);
    case 'usage-based-routing':
    case 'usage-based-routing-v2':
      return least(candidates, ({ state }) => state.tokensThisMinute, random);
    case 'latency-based-routing':
      // One that nobody has measured yet is tried first.
      return least(candidates, ({ state }) => state.latencyMs ?? 0, random);
  }
}

function weighted(candidates: readonly Candidate[], random: () => number): Candidate | undefined {
  let left = random() * candidates.reduce((sum, { deployment }) => sum + deployment.weight, 0);
  return candidates.find(({ deployment }) => (left -= deployment.weight) < 0) ?? candidates.at(-1);
}

function least(candidates: readonly Candidate[], measure: (candidate: Candidate) => number, random: () => number): Candidate | undefined {
  const lowest = Math.min(...candidates.map(measure));
  const equals = candidates.filter((candidate) => measure(candidate) === lowest);
  return equals[Math.floor(random() * equals.length)];
}
