import type { AttemptMode } from '../../labs/lab-stage.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { allowedMinutes, type ExtraTime } from '../attempts/extra-time.ts';
import { DAY_MS } from '../clock.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { InterviewState } from '../contract/interviews.ts';

/** What was agreed when the interview was made; it does not change. JSON. */
export interface InterviewTerms {
  readonly lab: { readonly slug: string; readonly title: string };
  readonly mode: AttemptMode;
  /** Null: the seed decides. */
  readonly fault: string | null;
  readonly minutes: number;
  readonly aiPolicy: AiPolicy;
  readonly extraTime: ExtraTime;
  readonly showsResult: boolean;
  readonly retainDays: number;
}

export interface Interview {
  readonly id: string;
  /** The candidate, who is a person without an account and goes by an alias. */
  readonly personId: string;
  /** Null once it was erased. */
  readonly candidate: string | null;
  readonly terms: InterviewTerms;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly consentedAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly erasedAtMs: number | null;
}

/** Only the beginning expires: what has begun may be come back to until it is over. Pure. */
export function stateOf(interview: Interview, attempt: Attempt | undefined, nowMs: number): InterviewState {
  if (interview.erasedAtMs !== null) return 'erased';
  if (interview.revokedAtMs !== null) return 'revoked';
  if (attempt !== undefined) return hasEnded(attempt) ? 'over' : 'running';
  return interview.expiresAtMs <= nowMs ? 'expired' : 'waiting';
}

/** When what is personal goes by itself: counted from the end, or from when it could not begin any more. Null: not while it runs, and not twice. Pure. */
export function eraseAtMs(interview: Interview, attempt: Attempt | undefined): number | null {
  if (interview.erasedAtMs !== null || (attempt !== undefined && !hasEnded(attempt))) return null;
  const endedAtMs = attempt?.endedAtMs ?? interview.revokedAtMs ?? interview.expiresAtMs;
  return endedAtMs + interview.terms.retainDays * DAY_MS;
}

/** Both clocks of a guided lab together, with the candidate's extra time. Pure. */
export function totalMinutes({ mode, minutes, extraTime }: InterviewTerms, incidentMinutes: number): number {
  const incident = mode === 'guided' ? allowedMinutes(incidentMinutes, extraTime) : 0;
  return Math.round(allowedMinutes(minutes, extraTime) + incident);
}

/** Whether two were given the same to do, so that they can be put side by side. Extra time is no difference. Pure. */
export function isSameExercise(a: InterviewTerms, b: InterviewTerms): boolean {
  const essence = ({ lab, mode, fault, minutes, aiPolicy }: InterviewTerms): string =>
    JSON.stringify([lab.slug, mode, fault, minutes, aiPolicy]);
  return essence(a) === essence(b);
}

/** Whoever begins, goes back to or erases one takes turns under this name, over all servers. */
export function turnOf({ id }: Pick<Interview, 'id'>): string {
  return `interview/${id}`;
}
