import type { AttemptView, StepView } from '../../../server/contract/attempts.ts';

/** The step a person is at: the first that is open, otherwise the last that was finished. */
export function currentStep(steps: readonly StepView[]): StepView | null {
  const done = steps.filter((step) => step.state === 'passed' || step.state === 'skipped');
  return steps.find((step) => step.state === 'open') ?? done.at(-1) ?? steps[0] ?? null;
}

export function nextStep(steps: readonly StepView[], id: string): StepView | null {
  const at = steps.findIndex((step) => step.id === id);
  return at < 0 ? null : (steps[at + 1] ?? null);
}

export interface StepPosition {
  /** Counted from 1. */
  readonly number: number;
  readonly of: number;
}

export function positionOf(steps: readonly StepView[], id: string): StepPosition {
  return { number: steps.findIndex((step) => step.id === id) + 1, of: steps.length };
}

/** What the person should do with the attempt as a whole now; the buttons follow from it. */
export function nextMove(
  attempt: Pick<AttemptView, 'state' | 'canStartIncident' | 'progress'>,
): 'work' | 'start incident' | 'fix and ask' | 'wait' | 'stand by' {
  if (attempt.state === 'grading') return 'wait';
  // The platform is at it: a fault is on its way, a reset or a skipped step runs.
  if (attempt.progress.some((item) => item.state === 'started')) return 'stand by';
  if (attempt.state === 'incident') return 'fix and ask';
  return attempt.canStartIncident ? 'start incident' : 'work';
}
