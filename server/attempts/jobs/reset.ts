import { resetToHealthy, resetToStart } from '../moves.ts';
import type { JobContext } from './job.ts';

/** Back to the start, to the healthy state (the trainee's own, as it was when the baseline was taken) or to the fault. */
export async function reset(context: JobContext): Promise<void> {
  const { actor } = context;
  const { operation } = actor.attempt;
  if (operation?.kind !== 'reset') return;
  const stage = await context.stage();
  if (operation.to === 'start') {
    await stage.resetTo('start');
    await actor.change(resetToStart);
    return;
  }
  await stage.resetTo('healthy');
  const next = operation.to === 'fault' ? ('inject' as const) : ('wait' as const);
  await actor.change((attempt, nowMs) => resetToHealthy(attempt, next, nowMs));
}
