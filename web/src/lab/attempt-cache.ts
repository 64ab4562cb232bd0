import type { AttemptView } from '../../../server/contract/attempts.ts';

/** Answers and events may overtake one another; the one with the higher revision is the later truth. */
export function newerAttempt(current: AttemptView | undefined, incoming: AttemptView): AttemptView {
  return current !== undefined && current.id === incoming.id && current.revision > incoming.revision ? current : incoming;
}

const RUNNING = new Set<AttemptView['state']>(['requested', 'provisioning', 'ready', 'incident', 'grading']);

export function isRunning(attempt: Pick<AttemptView, 'state'>): boolean {
  return RUNNING.has(attempt.state);
}

/** Whether there is a sandbox to work in, so that the page shows terminals and instructions. */
export function hasWorkspace(attempt: Pick<AttemptView, 'state'>): boolean {
  return attempt.state === 'ready' || attempt.state === 'incident' || attempt.state === 'grading';
}
