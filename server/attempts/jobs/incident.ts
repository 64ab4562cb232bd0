import { StageError, type Baseline, type Injection } from '../../../labs/lab-stage.ts';
import { baselineCaptured, faultInjected, faultLive, faultRecovered } from '../moves.ts';
import type { JobContext } from './job.ts';

/** Baseline, injection, proof, in this order and each stored before the next: only proof starts the clock. */
export async function incident(context: JobContext): Promise<void> {
  const { actor } = context;
  const { operation } = actor.attempt;
  if (operation?.kind !== 'incident') return;
  const stage = await context.stage();
  const before = actor.attempt.injection;
  if (before !== null && before.fault !== operation.fault) {
    await stage.recoverFault(before);
    await actor.change(faultRecovered);
  }
  const baseline = actor.attempt.baseline ?? (await stage.captureBaseline());
  if (actor.attempt.baseline === null) await actor.change((attempt) => baselineCaptured(attempt, baseline));
  const injection = actor.attempt.injection ?? (await inject(context, operation.fault, baseline));
  const proof = await stage.awaitLive(injection);
  if (!proof.live) {
    await stage.recoverFault(injection);
    await actor.change(faultRecovered);
    throw new StageError('PlatformFailed', `The fault did not take hold: ${proof.reason}`);
  }
  await actor.change(faultLive);
}

async function inject(context: JobContext, fault: string, baseline: Baseline): Promise<Injection> {
  const { actor, records } = context;
  const stage = await context.stage();
  const injection = await stage.injectFault(fault, baseline);
  // What the incident's step reports depends on the fault, which an instructor may have chosen.
  await records.saveSteps(actor.attempt.id, stage.steps());
  await actor.change((attempt) => faultInjected(attempt, injection));
  return injection;
}
