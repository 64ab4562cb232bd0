import { prepared } from '../moves.ts';
import { roomFound } from '../platform-moves.ts';
import type { JobContext } from './job.ts';

/** Makes the sandbox and brings it to the lab's start, then keeps the instructions as this attempt's variant has them. */
export async function provision(context: JobContext): Promise<void> {
  const { actor, records, artefacts } = context;
  const { attempt } = actor;
  await context.provisionSandbox();
  await actor.change(roomFound);
  const stage = await context.stage();
  await stage.prepare(attempt.mode);
  await records.saveSteps(attempt.id, stage.steps());
  await artefacts.offer(attempt.id, stage.artefacts());
  await records.sandboxState(attempt.sandboxId, 'in use');
  await actor.change((current, nowMs) => prepared(current, stage.namespace, nowMs));
}
