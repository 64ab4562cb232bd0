import type { CheckResult } from '../../grader/verdict.ts';
import type { AttemptMode } from '../../labs/lab-stage.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { admit, baselineCaptured, faultInjected, faultLive, prepared, requestAttempt, startIncident } from '../attempts/moves.ts';
import { checked } from '../attempts/step-moves.ts';
import { fakeLab } from './fake-lab.ts';

/** Attempts in each state, made by the moves themselves, at time 0 unless said otherwise. */
export function requestedAttempt(mode: AttemptMode = 'guided'): Attempt {
  const variant = { seed: '00', fault: 'bad-image', values: {} };
  return requestAttempt({ id: 'at_1', personId: 'pr_1', sandboxId: 'sb_1', lab: fakeLab, mode, variant }, 0).attempt;
}

export function provisioningAttempt(mode: AttemptMode = 'guided'): Attempt {
  return admit(requestedAttempt(mode)).attempt;
}

export function readyAttempt(): Attempt {
  return prepared(provisioningAttempt(), 'lab', 0).attempt;
}

export function passStep(attempt: Attempt, stepId: string, nowMs = 0): Attempt {
  const move = checked(attempt, stepId, [checkResult('any', 'pass')], nowMs);
  if (move === undefined) throw new Error(`The step ${stepId} is not open.`);
  return move.attempt;
}

export function builtAttempt(): Attempt {
  return passStep(passStep(readyAttempt(), 'deploy'), 'token');
}

const baseline = { capturedAt: '2026-11-21T09:00:00.000Z', data: {} };
const injection = { fault: 'bad-image', injectedAt: '2026-11-21T09:00:00.000Z', data: {} };

export function incidentAttempt(mode: AttemptMode = 'guided', nowMs = 0): Attempt {
  const begun =
    mode === 'guided'
      ? startIncident(builtAttempt(), baseline, undefined, 'pr_1', nowMs).attempt
      : baselineCaptured(prepared(provisioningAttempt('incident'), 'lab', nowMs).attempt, baseline).attempt;
  return faultLive(faultInjected(begun, injection).attempt, nowMs).attempt;
}

export function checkResult(id: string, kind: 'pass' | 'fail' | 'inconclusive', seen = 'seen'): CheckResult {
  const at = '2026-11-21T09:00:00.000Z';
  const evidence = [{ at, kind: 'object' as const, summary: seen }];
  return {
    id,
    title: `Check ${id}`,
    weight: 1,
    critical: false,
    hidden: false,
    dimension: 'cloud-kubernetes',
    verdict: kind === 'pass' ? { kind, evidence } : { kind, evidence, reason: `because of ${id}` },
    startedAt: at,
    finishedAt: at,
  };
}
