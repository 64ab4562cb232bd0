import type { EngineSample } from '../../grader/incidents/status-update.ts';
import type { CheckResult } from '../../grader/verdict.ts';
import type { Attempt } from '../attempts/attempt.ts';

/**
 * How the service was seen, from a look at the incident's step: what is critical there is what its users rely on. Undefined: no incident, or not all
 * could be looked at and what could was well. Pure.
 */
export function planSample(attempt: Attempt, stepId: string, results: readonly CheckResult[], atMs: number): EngineSample | undefined {
  const step = attempt.steps.find(({ id }) => id === stepId);
  if (step?.phase !== 'incident' || attempt.incidentStartedAtMs === null) return undefined;
  const looked = results.filter(({ critical, untried }) => critical && untried !== true);
  const failing = looked.filter(({ verdict }) => verdict.kind === 'fail').map(({ title }) => title);
  const isWell = failing.length === 0 && looked.length > 0 && looked.every(({ verdict }) => verdict.kind === 'pass');
  return failing.length > 0 || isWell ? { atMs, failing } : undefined;
}
