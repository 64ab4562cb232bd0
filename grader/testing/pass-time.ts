import type { ManualClock } from '../../infra/cluster/meta/manual-clock.ts';

/** Moves the clock on for as long as the work takes. Small steps, where work waits for something real (a key being made) beside the clock. */
export async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>, stepMs = 500): Promise<T> {
  const state: { done: boolean } = { done: false };
  const end = (): void => void (state.done = true);
  work.then(end, end);
  while (!state.done) await clock.advance(stepMs);
  return work;
}
