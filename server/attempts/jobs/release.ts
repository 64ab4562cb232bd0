import { released } from '../ending-moves.ts';
import type { JobContext } from './job.ts';

/** Lets go of the sandbox of an attempt that has ended. */
export async function release({ actor, substrate, records }: JobContext): Promise<void> {
  const { sandboxId } = actor.attempt;
  await records.sandboxState(sandboxId, 'releasing');
  await substrate.release(sandboxId);
  await actor.change(released);
  await records.forgetSandbox(sandboxId);
}
