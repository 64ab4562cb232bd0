import type { CheckResult } from '../../grader/verdict.ts';
import type { AttemptMode, Baseline, Injection, Variant } from '../../labs/lab-stage.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { AttemptState } from '../contract/attempts.ts';
import type { ClockState, Pause } from './attempt-clock.ts';
import type { ExtraTime } from './extra-time.ts';
import type { Member } from './team.ts';

/**
 * One run at one lab, by a person or a team, whole: everything that must outlive a restart is in here, as plain JSON. It is stored as a document; the
 * moves (moves.ts, step-moves.ts) are the only code that makes a new one.
 */
export interface Attempt {
  readonly id: string;
  /** Who asked for it. What anybody may do is decided by the members. */
  readonly personId: string;
  /** Never empty. */
  readonly members: readonly Member[];
  readonly lab: LabOfAttempt;
  readonly mode: AttemptMode;
  readonly state: AttemptState;
  /** Grows by one with every change. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** When the first fault was proven live. A reset does not move it: the time to restore counts from there. */
  readonly incidentStartedAtMs: number | null;
  readonly variant: Variant;
  readonly sandboxId: string;
  /** The sandbox holds nothing of this attempt any more. */
  readonly released: boolean;
  /** The lab's start was reached once; from then on the sandbox is adopted, never made again. */
  readonly prepared: boolean;
  readonly namespace: string | null;
  readonly clock: ClockState | null;
  /** When the clock stood, in order, since the attempt began. */
  readonly pauses: readonly Pause[];
  readonly progress: readonly ProgressEntry[];
  /** The platform stands in the way; the clock is stopped meanwhile. */
  readonly trouble: string | null;
  readonly steps: readonly StepState[];
  /** What is being done to the sandbox. Survives a restart, which does it again from where it stood. */
  readonly operation: Operation | null;
  readonly baseline: Baseline | null;
  readonly injection: Injection | null;
  readonly grading: Grading | null;
  readonly score: number | null;
  /** What holds about AI assistants, frozen at the start. Null for attempts from before there was a rule. */
  readonly ai: AttemptAi | null;
  /** What the person has more of than the lab gives, frozen at the start. */
  readonly extraTime: ExtraTime;
  /** The interview that it is; null for everybody who has an account. */
  readonly interviewId: string | null;
  /** The number of the last entry in the journal. */
  readonly journalSeq: number;
}

export interface AttemptAi {
  readonly policy: AiPolicy;
  /** Ids of those who have said that they have read it. */
  readonly acknowledgedBy: readonly string[];
  readonly declaration: AiDeclaration | null;
}

export interface AiDeclaration {
  readonly personId: string;
  readonly atMs: number;
  /** Empty: none was used. */
  readonly tools: readonly string[];
  readonly what: string;
}

/** What the lab was when the attempt began; a lab that changes later does not change the attempt. */
export interface LabOfAttempt {
  readonly slug: string;
  readonly title: string;
  readonly version: string;
  readonly hash: string;
  readonly minutes: number;
  readonly incidentMinutes: number;
  readonly passMark: number;
  /** Status updates are judged. Attempts from before there were any do not say. */
  readonly asksStatus?: boolean;
}

export type Operation =
  | { readonly kind: 'incident'; readonly fault: string }
  /** `fault`: another than was live, for `fault`. */
  | { readonly kind: 'reset'; readonly to: 'start' | 'healthy' | 'fault'; readonly fault?: string }
  | { readonly kind: 'skip'; readonly stepId: string };

export interface Grading {
  readonly because: 'asked' | 'time';
  readonly requestedAtMs: number;
}

export interface ProgressEntry {
  readonly id: string;
  readonly text: string;
  readonly state: 'started' | 'done' | 'failed';
  readonly atMs: number;
  readonly tookMs: number | null;
}

export interface StepState {
  readonly id: string;
  readonly title: string;
  readonly phase: 'build' | 'incident';
  readonly state: 'locked' | 'open' | 'passed' | 'skipped';
  readonly openedAtMs: number | null;
  /** Numbers of the hints that were unlocked, from 0. */
  readonly hints: readonly number[];
  readonly checks: readonly CheckState[];
  /** The results that count for the verdict, once the step passed or was skipped. */
  readonly credit: readonly CheckResult[];
}

export interface CheckState {
  readonly id: string;
  readonly state: 'unknown' | 'pass' | 'fail' | 'inconclusive';
  readonly reason: string | null;
  readonly seen: readonly string[];
  readonly checkedAtMs: number | null;
}

export interface JournalEntry {
  readonly kind: string;
  readonly text: string;
  readonly actorId: string | null;
}

/** A new attempt and what the journal says about it. */
export interface Move {
  readonly attempt: Attempt;
  readonly journal: readonly JournalEntry[];
}

const ENDED: ReadonlySet<AttemptState> = new Set(['passed', 'failed', 'expired', 'abandoned', 'broken']);

export function hasEnded(attempt: Attempt): boolean {
  return ENDED.has(attempt.state);
}

/** States in which the trainee works and the clock may run. */
export function isWorking(attempt: Attempt): boolean {
  return attempt.state === 'ready' || attempt.state === 'incident';
}

export function currentStep(attempt: Attempt): StepState | undefined {
  return attempt.steps.find((step) => step.state === 'open');
}

export function isStepDone(step: StepState): boolean {
  return step.state === 'passed' || step.state === 'skipped';
}

export function canStartIncident(attempt: Attempt): boolean {
  return (
    attempt.state === 'ready' && attempt.operation === null && attempt.steps.every((step) => step.phase === 'incident' || isStepDone(step))
  );
}
