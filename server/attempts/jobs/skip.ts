import { skipped } from '../step-moves.ts';
import type { JobContext } from './job.ts';

/** Runs the step's own solution and looks what its checks say then. */
export async function skip(context: JobContext): Promise<void> {
  const { actor, progress } = context;
  const { operation } = actor.attempt;
  if (operation?.kind !== 'skip') return;
  const stage = await context.stage();
  progress({ id: 'skip', text: 'Solving the step', state: 'started' });
  await stage.solveStep(operation.stepId);
  const results = await stage.checkStep(operation.stepId);
  progress({ id: 'skip', text: 'Solved the step', state: 'done' });
  await actor.change((attempt, nowMs) => skipped(attempt, operation.stepId, results, nowMs));
}
