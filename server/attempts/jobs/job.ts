import type { LabStage, StageProgress } from '../../../labs/lab-stage.ts';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../log.ts';
import type { Sandbox, Substrate } from '../../sandboxes/substrate.ts';
import type { Attempt } from '../attempt.ts';
import type { AttemptActor } from '../attempt-actor.ts';
import type { ArtefactRecords } from '../../artefacts/artefact-records.ts';
import type { AttemptRecords } from '../attempt-records.ts';
import type { EvidenceChain } from '../evidence-chain.ts';

/**
 * Work on one attempt's sandbox. A job reads where the attempt stands and goes on from there, so that it may be begun again after any
 * crash; it stores each result before it takes the next step. It throws when it cannot go on: what then happens is planned in failure-plan.ts.
 */
export type Job = (context: JobContext) => Promise<void>;

export type JobKind = 'provision' | 'incident' | 'reset' | 'skip' | 'grade' | 'release';

export interface JobContext {
  /** Throws when the job may not go on. */
  readonly actor: Pick<AttemptActor, 'attempt' | 'change'>;
  readonly substrate: Substrate;
  readonly records: AttemptRecords;
  readonly artefacts: ArtefactRecords;
  readonly evidence: EvidenceChain;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Tells the trainee what goes on; stored in order. */
  readonly progress: (event: StageProgress) => void;
  /** Makes the sandbox, or finds it again. */
  provisionSandbox(): Promise<Sandbox>;
  stage(): Promise<LabStage>;
  /** Called when a verdict or an override was stored. */
  flushStore(): Promise<void>;
}

/** What an attempt needs done, from its state alone. Undefined: nothing, it waits for people or for the clock. */
export function planNextJob(attempt: Attempt): JobKind | undefined {
  if (attempt.endedAtMs !== null) return attempt.released ? undefined : 'release';
  if (attempt.state === 'provisioning' && !attempt.prepared) return 'provision';
  if (attempt.state === 'grading') return 'grade';
  return attempt.operation?.kind;
}
