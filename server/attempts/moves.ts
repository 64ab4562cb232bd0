import type { AttemptMode, Baseline, Injection, LabSummary, Variant } from '../../labs/lab-stage.ts';
import { AppError } from '../app-error.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import { newAttemptAi } from './ai-moves.ts';
import { canStartIncident, isWorking, type Attempt, type JournalEntry, type Move, type Operation } from './attempt.ts';
import { addTime, extendClock, resumeClock, startClock, type ClockState } from './attempt-clock.ts';
import { broke } from './ending-moves.ts';
import { noExtraTime, type ExtraTime } from './extra-time.ts';
import { moved, requireIdle, requireState, stopped, whyStopped } from './move.ts';
import { lockedSteps, openNextStep } from './step-moves.ts';
import { soloMembers, type Member } from './team.ts';

/**
 * The state machine: `requested -> provisioning -> ready -> incident -> grading -> passed | failed`, with `expired`, `abandoned` and
 * `broken` as ways out (ending-moves.ts, platform-moves.ts). Each function is one move; it throws AppError when the attempt's state does not allow it and touches nothing.
 */
export interface AttemptRequest {
  readonly id: string;
  readonly personId: string;
  readonly sandboxId: string;
  readonly lab: LabSummary;
  readonly mode: AttemptMode;
  readonly variant: Variant;
  /** Absent: the person alone. */
  readonly members?: readonly Member[] | undefined;
  /** Absent: as the lab says, or `allowed`. */
  readonly aiPolicy?: AiPolicy | undefined;
  readonly acknowledgedBy?: readonly string[] | undefined;
  readonly extraTime?: ExtraTime | undefined;
  readonly interviewId?: string | undefined;
}

export function requestAttempt(request: AttemptRequest, nowMs: number): Move {
  const { lab, mode } = request;
  const steps = lab.steps.filter((step) => mode === 'guided' || step.phase === 'incident');
  const attempt: Attempt = {
    id: request.id,
    personId: request.personId,
    members: request.members ?? soloMembers(request.personId, nowMs),
    lab: {
      slug: lab.slug,
      title: lab.title,
      version: lab.version,
      hash: lab.hash,
      minutes: lab.minutes,
      incidentMinutes: lab.incidentMinutes,
      passMark: lab.passMark,
      ...(lab.asksStatus === true ? { asksStatus: true } : {}),
    },
    mode,
    state: 'requested',
    revision: 0,
    createdAtMs: nowMs,
    endedAtMs: null,
    incidentStartedAtMs: null,
    variant: request.variant,
    sandboxId: request.sandboxId,
    released: false,
    prepared: false,
    namespace: null,
    clock: null,
    pauses: [],
    progress: [],
    trouble: null,
    steps: lockedSteps(steps),
    operation: null,
    baseline: null,
    injection: null,
    grading: null,
    score: null,
    ai: newAttemptAi(request.aiPolicy ?? lab.aiPolicy ?? 'allowed', request.acknowledgedBy),
    extraTime: request.extraTime ?? noExtraTime,
    interviewId: request.interviewId ?? null,
    journalSeq: 0,
  };
  return moved(attempt, {}, { kind: 'requested', text: `Asked for ${lab.title}, ${mode}.`, actorId: request.personId });
}

/** There is room: the sandbox is being made. */
export function admit(attempt: Attempt): Move {
  requireState(attempt, attempt.state === 'requested');
  return moved(attempt, { state: 'provisioning' }, { kind: 'provisioning', text: 'A sandbox is being made.', actorId: null });
}

/** The lab's start is reached. Guided: the clock starts. Incident: goes straight on to the fault, still without a clock. */
export function prepared(attempt: Attempt, namespace: string, nowMs: number): Move {
  requireState(attempt, attempt.state === 'provisioning');
  const entry: JournalEntry = { kind: 'prepared', text: 'The sandbox is ready.', actorId: null };
  if (attempt.mode === 'incident') {
    return moved(
      attempt,
      { prepared: true, namespace, trouble: null, operation: { kind: 'incident', fault: attempt.variant.fault } },
      entry,
    );
  }
  const ready = { prepared: true, namespace, trouble: null, state: 'ready' as const, clock: clockOf(attempt, attempt.lab.minutes, nowMs) };
  return moved(attempt, { ...ready, steps: openNextStep(attempt.steps, 'build', nowMs) }, entry);
}

/** Begins an incident, with the baseline that was captured while all was healthy. A `fault` takes the place of the seed's from then on. */
export function startIncident(attempt: Attempt, baseline: Baseline, fault: string | undefined, actorId: string, nowMs: number): Move {
  requireIdle(attempt);
  const byInstructor = fault !== undefined;
  requireState(attempt, byInstructor ? isWorking(attempt) : canStartIncident(attempt), 'Finish the build steps first.');
  const operation: Operation = { kind: 'incident', fault: fault ?? attempt.variant.fault };
  const text = byInstructor ? `An instructor chose the fault ${operation.fault}.` : 'Asked for the incident.';
  const variant = { ...attempt.variant, fault: operation.fault };
  return moved(
    attempt,
    { operation, baseline, variant, clock: stopped(attempt, nowMs, whyStopped.incident) },
    { kind: 'incident-asked', text, actorId },
  );
}

export function faultRecovered(attempt: Attempt): Move {
  return moved(attempt, { injection: null });
}

export function baselineCaptured(attempt: Attempt, baseline: Baseline): Move {
  return moved(attempt, { baseline }, { kind: 'baseline', text: 'The healthy state was recorded.', actorId: null });
}

/** Something was changed in the sandbox, but it is not proven yet: the clock still stands. */
export function faultInjected(attempt: Attempt, injection: Injection): Move {
  return moved(attempt, { injection }, { kind: 'fault-injected', text: `The fault ${injection.fault} was injected.`, actorId: null });
}

/** Proof that the fault is live. The first time the incident's own clock starts; after a reset the old one goes on. */
export function faultLive(attempt: Attempt, nowMs: number): Move {
  requireState(attempt, attempt.operation !== null && attempt.injection !== null);
  const again = attempt.incidentStartedAtMs !== null;
  const clock = again && attempt.clock !== null ? resumeClock(attempt.clock, nowMs) : clockOf(attempt, attempt.lab.incidentMinutes, nowMs);
  const next = {
    state: 'incident' as const,
    operation: null,
    trouble: null,
    clock,
    incidentStartedAtMs: attempt.incidentStartedAtMs ?? nowMs,
  };
  const steps = openNextStep(closeBuildSteps(attempt), 'incident', nowMs);
  return moved(attempt, { ...next, steps }, { kind: 'fault-live', text: 'The fault is live. The clock runs.', actorId: null });
}

export function extend(attempt: Attempt, actorId: string, nowMs: number): Move {
  requireState(attempt, isWorking(attempt) && attempt.clock !== null);
  const clock = attempt.clock === null ? undefined : extendClock(attempt.clock, nowMs);
  if (clock === undefined) {
    throw new AppError('NoExtensionsLeft', 'All extensions of this attempt are used.', {
      remedy: 'Ask for the verdict before the time is up, or start a new attempt later.',
    });
  }
  return moved(attempt, { clock }, { kind: 'extended', text: `${clock.extensionMinutes} minutes were added.`, actorId });
}

/** More time for this attempt alone, from somebody who may give it. It is not an extension: none is used up. */
export function giveTime(attempt: Attempt, minutes: number, actorId: string, nowMs: number): Move {
  const { clock } = attempt;
  if (!isWorking(attempt) || clock === null) {
    requireState(attempt, false, 'There is no clock to add time to yet.');
    return moved(attempt, {});
  }
  const entry = { kind: 'time-added', text: `${minutes} minutes were added.`, actorId };
  return moved(attempt, { clock: addTime(clock, minutes, nowMs) }, entry);
}

/** `start`: guided labs only. `healthy` and `fault`: once there is a baseline to go back to. */
export function reset(attempt: Attempt, to: 'start' | 'healthy' | 'fault', actorId: string, nowMs: number, fault?: string): Move {
  requireIdle(attempt);
  requireState(attempt, isWorking(attempt));
  if (to === 'start' && attempt.mode !== 'guided')
    throw new AppError('Conflict', 'An incident has no build steps to go back to.', {
      remedy: 'Reset to the healthy state or to the fault.',
    });
  if (to !== 'start' && attempt.baseline === null) {
    throw new AppError('Conflict', 'There is no healthy state to go back to yet.', {
      remedy: 'Finish the build steps and start the incident first, or reset to the start.',
    });
  }
  return moved(
    attempt,
    { operation: { kind: 'reset', to, ...(fault === undefined ? {} : { fault }) }, clock: stopped(attempt, nowMs, whyStopped.reset) },
    {
      kind: 'reset',
      text: `Asked for a reset to ${to === 'fault' ? 'the fault' : to === 'start' ? 'the start' : 'the healthy state'}.`,
      actorId,
    },
  );
}

/** The sandbox is back at the empty start of a guided lab; the clock goes on where it was. */
export function resetToStart(attempt: Attempt, nowMs: number): Move {
  const steps = openNextStep(lockedSteps(attempt.steps), 'build', nowMs);
  const clock = attempt.clock === null ? null : resumeClock(attempt.clock, nowMs);
  return moved(
    attempt,
    { state: 'ready', operation: null, baseline: null, injection: null, trouble: null, clock, steps },
    { kind: 'reset-done', text: 'Back at the start.', actorId: null },
  );
}

/** Healthy again and no fault live: the clock stands until the incident starts. A reset to the fault goes on to inject it. */
export function resetToHealthy(attempt: Attempt, next: 'wait' | 'inject', nowMs: number): Move {
  const entry: JournalEntry = { kind: 'reset-done', text: 'Back at the healthy state.', actorId: null };
  const asked = attempt.operation?.kind === 'reset' ? attempt.operation.fault : undefined;
  const fault = asked ?? attempt.injection?.fault ?? attempt.variant.fault;
  if (next === 'inject') return moved(attempt, { injection: null, operation: { kind: 'incident', fault } }, entry);
  const steps = attempt.steps.map((step) =>
    step.phase === 'incident' && step.state === 'open' ? { ...step, state: 'locked' as const } : step,
  );
  return moved(
    attempt,
    { state: 'ready', operation: null, injection: null, trouble: null, steps, clock: stopped(attempt, nowMs, whyStopped.between) },
    entry,
  );
}

/** An operation was given up: the attempt goes on where it was and says why. */
export function operationFailed(attempt: Attempt, reason: string, nowMs: number): Move {
  if (!isWorking(attempt)) return broke(attempt, reason, nowMs);
  const faultGone = attempt.state === 'incident' && attempt.injection === null;
  const clock = faultGone ? stopped(attempt, nowMs, whyStopped.between) : attempt.clock === null ? null : resumeClock(attempt.clock, nowMs);
  return moved(
    attempt,
    { state: faultGone ? 'ready' : attempt.state, operation: null, trouble: reason, clock },
    { kind: 'operation-failed', text: reason, actorId: null },
  );
}

/** Candidates of interviews all have the same time, so they cannot add to it by themselves. */
function clockOf({ extraTime, interviewId }: Attempt, minutes: number, nowMs: number): ClockState {
  return startClock(minutes, nowMs, { extraTime, ...(interviewId === null ? {} : { extensions: 0 }) });
}

/** An instructor may start the incident before the build steps are done: what is open then is closed without credit. */
function closeBuildSteps(attempt: Attempt): Attempt['steps'] {
  return attempt.steps.map((step) => (step.phase === 'build' && step.state === 'open' ? { ...step, state: 'locked' as const } : step));
}
