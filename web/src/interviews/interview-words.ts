import type { InterviewState, InterviewView } from '../../../server/contract/interviews.ts';
import type { Tone } from '../parts/status-tag.tsx';

export const INTERVIEW_STATES: Readonly<Record<InterviewState, { readonly tone: Tone; readonly label: string }>> = {
  waiting: { tone: 'quiet', label: 'Not begun' },
  running: { tone: 'busy', label: 'Under way' },
  over: { tone: 'pass', label: 'Over' },
  expired: { tone: 'warn', label: 'Expired' },
  revoked: { tone: 'warn', label: 'Called off' },
  erased: { tone: 'quiet', label: 'Erased' },
};

/** The name where it may be known, else the alias. */
export function candidateName({ candidate, alias }: Pick<InterviewView, 'candidate' | 'alias'>): string {
  return candidate ?? alias;
}

/** Interviews with the same key were given the same to do. */
export function exerciseKey({ exercise: { lab, mode, minutes, aiPolicy, fault } }: Pick<InterviewView, 'exercise'>): string {
  return JSON.stringify([lab.slug, mode, minutes, aiPolicy, fault?.id ?? null]);
}

/** Why these cannot be put side by side; undefined: they can. */
export function comparisonProblem(chosen: readonly InterviewView[]): string | undefined {
  if (chosen.length < 2) return 'Choose at least two candidates of the same exercise.';
  if (chosen.length > MAX_COMPARED) return `Choose at most ${MAX_COMPARED}.`;
  const [first] = chosen;
  return first !== undefined && chosen.every((one) => exerciseKey(one) === exerciseKey(first))
    ? undefined
    : 'They were not given the same exercise: lab, fault, minutes and the rule about AI must be the same.';
}

const MAX_COMPARED = 8;
