import type { CheckResult } from '../../grader/verdict.ts';
import type { StepContent } from '../../labs/lab-stage.ts';
import { AppError, notFound } from '../app-error.ts';
import { toInstant } from '../clock.ts';
import { isWorking, type Attempt, type CheckState, type Move, type StepState } from './attempt.ts';
import { resumeClock } from './attempt-clock.ts';
import { moved, requireIdle, requireState, stopped, whyStopped } from './move.ts';

/** Unchanged results refresh their time at most so often, so that watching an idle attempt writes little. */
const REFRESH_EVERY_MS = 10_000;
const MAX_SEEN = 5;
const MAX_SEEN_LENGTH = 300;
const MAX_PROGRESS = 100;

export function lockedSteps(steps: readonly Pick<StepState, 'id' | 'title' | 'phase'>[]): StepState[] {
  return steps.map(({ id, title, phase }) => ({ id, title, phase, state: 'locked', openedAtMs: null, hints: [], checks: [], credit: [] }));
}

/** Opens the first locked step of the phase, unless one is open there. */
export function openNextStep(steps: readonly StepState[], phase: StepState['phase'], nowMs: number): StepState[] {
  const inPhase = steps.filter((step) => step.phase === phase);
  const next = inPhase.some((step) => step.state === 'open') ? undefined : inPhase.find((step) => step.state === 'locked');
  return steps.map((step) => (step === next ? { ...step, state: 'open', openedAtMs: step.openedAtMs ?? nowMs } : step));
}

/** Results of the open step's checks. Passes the step when all pass, and opens the next of its phase. Undefined: nothing worth writing. */
export function checked(attempt: Attempt, stepId: string, results: readonly CheckResult[], nowMs: number): Move | undefined {
  const step = attempt.steps.find((candidate) => candidate.id === stepId);
  if (step?.state !== 'open' || !isWorking(attempt) || attempt.operation !== null) return undefined;
  const checks = results.map((result) => keptCheck(step, result) ?? describeCheck(result, nowMs));
  const passes = results.length > 0 && results.every((result) => result.verdict.kind === 'pass');
  if (!passes && sameChecks(step.checks, checks) && nowMs - newestCheck(step.checks) < REFRESH_EVERY_MS) return undefined;
  const next: StepState = passes ? { ...step, checks, state: 'passed', credit: results } : { ...step, checks };
  const steps = replaceStep(attempt.steps, next);
  if (!passes) return moved(attempt, { steps });
  return moved(
    attempt,
    { steps: openNextStep(steps, step.phase, nowMs) },
    { kind: 'step-passed', text: `Step done: ${step.title}.`, actorId: null },
  );
}

export function askToSkip(attempt: Attempt, stepId: string, actorId: string, nowMs: number): Move {
  requireIdle(attempt);
  requireState(attempt, isWorking(attempt));
  const step = requireOpenStep(attempt, stepId);
  return moved(
    attempt,
    { operation: { kind: 'skip', stepId }, clock: stopped(attempt, nowMs, whyStopped.skip) },
    { kind: 'skip', text: `Skipped the step ${step.title}.`, actorId },
  );
}

/** The step was solved by its own solution: its checks count as failed, whatever they say now. */
export function skipped(attempt: Attempt, stepId: string, results: readonly CheckResult[], nowMs: number): Move {
  const step = requireOpenStep(attempt, stepId);
  const credit = results.map((result) => forfeit(result, nowMs));
  const next: StepState = { ...step, state: 'skipped', checks: results.map((result) => describeCheck(result, nowMs)), credit };
  const clock = attempt.clock === null ? null : resumeClock(attempt.clock, nowMs);
  const steps = openNextStep(replaceStep(attempt.steps, next), step.phase, nowMs);
  return moved(
    attempt,
    { steps, clock, operation: null, trouble: null },
    { kind: 'step-skipped', text: `Solved for you: ${step.title}.`, actorId: null },
  );
}

/** Unlocking is free of order but not of time: a hint opens some seconds after its step did. */
export function unlockHint(attempt: Attempt, content: StepContent, hint: number, actorId: string, nowMs: number): Move | undefined {
  requireState(attempt, isWorking(attempt));
  const step = attempt.steps.find((candidate) => candidate.id === content.id);
  const wanted = content.hints[hint];
  if (step === undefined || wanted === undefined) throw notFound('hint');
  if (step.hints.includes(hint)) return undefined;
  if (step.state === 'locked' || step.openedAtMs === null) throw stepLocked();
  const availableAtMs = step.openedAtMs + wanted.unlockAfterSeconds * 1000;
  if (nowMs < availableAtMs) {
    const retryAfterSeconds = Math.ceil((availableAtMs - nowMs) / 1000);
    throw new AppError('HintLocked', `This hint opens in ${retryAfterSeconds} seconds.`, {
      retryAfterSeconds,
      remedy: 'Look a little longer: the checks say what was seen.',
    });
  }
  const hints = [...step.hints, hint].sort((a, b) => a - b);
  return moved(
    attempt,
    { steps: replaceStep(attempt.steps, { ...step, hints }) },
    { kind: 'hint', text: `Opened the hint "${wanted.title}".`, actorId },
  );
}

/** `started` begins an entry; `done` and `failed` end the newest entry of that id that has not ended. */
export function progressed(
  attempt: Attempt,
  event: {
    readonly id: string;
    readonly text: string;
    readonly state: 'started' | 'done' | 'failed';
    readonly tookMs?: number | undefined;
  },
  nowMs: number,
): Move {
  const entry = { id: event.id, text: event.text, state: event.state, atMs: nowMs, tookMs: event.tookMs ?? null };
  const index = attempt.progress.findLastIndex((candidate) => candidate.id === event.id && candidate.state === 'started');
  const known = attempt.progress[index];
  if (known === undefined) return moved(attempt, { progress: [...attempt.progress, entry].slice(-MAX_PROGRESS) });
  const merged = { ...entry, atMs: known.atMs, tookMs: entry.tookMs ?? (event.state === 'started' ? null : nowMs - known.atMs) };
  return moved(attempt, { progress: attempt.progress.with(index, merged) });
}

export function requireOpenStep(attempt: Attempt, stepId: string): StepState {
  const step = attempt.steps.find((candidate) => candidate.id === stepId);
  if (step === undefined) throw notFound('step');
  if (step.state !== 'open') throw stepLocked();
  return step;
}

function stepLocked(): AppError {
  return new AppError('StepLocked', 'This step is not the one that is open.', { remedy: 'Finish the open step first.' });
}

function replaceStep(steps: readonly StepState[], next: StepState): StepState[] {
  return steps.map((step) => (step.id === next.id ? next : step));
}

/** What is known of a check that this round has not tried. */
function keptCheck({ checks }: StepState, { id, untried }: CheckResult): CheckState | undefined {
  return untried === true ? checks.find((check) => check.id === id) : undefined;
}

function describeCheck(result: CheckResult, nowMs: number): CheckState {
  const { verdict } = result;
  return {
    id: result.id,
    state: verdict.kind,
    reason: verdict.kind === 'pass' ? null : verdict.reason,
    seen: verdict.evidence.slice(-MAX_SEEN).map((item) => item.summary.slice(0, MAX_SEEN_LENGTH)),
    checkedAtMs: nowMs,
  };
}

function sameChecks(before: readonly CheckState[], after: readonly CheckState[]): boolean {
  const essence = (checks: readonly CheckState[]): string =>
    JSON.stringify(checks.map(({ id, state, reason, seen }) => [id, state, reason, seen]));
  return essence(before) === essence(after);
}

function newestCheck(checks: readonly CheckState[]): number {
  return Math.max(0, ...checks.map((check) => check.checkedAtMs ?? 0));
}

function forfeit(result: CheckResult, nowMs: number): CheckResult {
  const note = { at: toInstant(nowMs), kind: 'note' as const, summary: 'The step was skipped: its solution was run by Drillhouse.' };
  return {
    ...result,
    verdict: { kind: 'fail', reason: 'The step was skipped, which forfeits its credit.', evidence: [...result.verdict.evidence, note] },
  };
}
