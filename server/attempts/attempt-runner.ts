import type { CheckResult } from '../../grader/verdict.ts';
import type { StageProgress } from '../../labs/lab-stage.ts';
import { messageOf } from '../app-error.ts';
import { sleep, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Substrate } from '../sandboxes/substrate.ts';
import { hasEnded, isWorking, type Attempt } from './attempt.ts';
import { AttemptActor, type PlanMove } from './attempt-actor.ts';
import { remainingAt } from './attempt-clock.ts';
import type { ArtefactRecords } from '../artefacts/artefact-records.ts';
import type { IncidentRecords } from '../incidents/incident-records.ts';
import { planSample } from '../incidents/sample-plan.ts';
import type { AttemptRecords } from './attempt-records.ts';
import type { EvidenceChain } from './evidence-chain.ts';
import { planFailure, type FailurePlan } from './jobs/failure-plan.ts';
import { grade } from './jobs/grade.ts';
import { incident } from './jobs/incident.ts';
import { planNextJob, type Job, type JobContext, type JobKind } from './jobs/job.ts';
import { provision } from './jobs/provision.ts';
import { release } from './jobs/release.ts';
import { reset } from './jobs/reset.ts';
import { skip } from './jobs/skip.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { LiveChecks } from './live-checks.ts';
import { broke, timeRanOut, undecided } from './ending-moves.ts';
import { operationFailed } from './moves.ts';
import { platformBack, platformLost } from './platform-moves.ts';
import { SandboxHold } from './sandbox-hold.ts';
import type { Semaphore } from './semaphore.ts';
import { progressed } from './step-moves.ts';

const JOBS: Readonly<Record<JobKind, Job>> = { provision, incident, reset, skip, grade, release };

export interface RunnerParts {
  readonly substrate: Substrate;
  readonly catalogue: LabCatalogue;
  readonly records: AttemptRecords;
  readonly artefacts: ArtefactRecords;
  readonly incidents: IncidentRecords;
  readonly evidence: EvidenceChain;
  readonly clock: Clock;
  readonly log: Logger;
  /** Bounds sandboxes that are being made at once. */
  readonly provisioning: Semaphore;
  /** Bounds live checks at once over all attempts. */
  readonly checking: Semaphore;
  readonly flushStore: () => Promise<void>;
  readonly onChanged: (attempt: Attempt) => void;
}

/**
 * Keeps one attempt going: does what its state asks for (one job at a time), watches its clock, checks its open step while somebody
 * looks. Level-triggered: `kick` looks at the state and acts, whatever happened before.
 */
export class AttemptRunner implements AsyncDisposable {
  readonly actor: AttemptActor;
  readonly checks: LiveChecks;
  readonly hold: SandboxHold;
  readonly #parts: RunnerParts;
  readonly #log: Logger;
  readonly #ended = new AbortController();
  #job: { readonly kind: JobKind; readonly abort: AbortController } | undefined;
  #jobDone: Promise<void> = Promise.resolve();
  #tries = 0;
  #platformHealthy = true;
  #expiry: Disposable | undefined;

  constructor(attempt: Attempt, parts: RunnerParts) {
    this.#parts = parts;
    this.#log = parts.log.child({ attemptId: attempt.id });
    this.actor = new AttemptActor(attempt, parts.records, parts.clock, (next) => this.#changed(next));
    this.hold = new SandboxHold({
      attempt: () => this.actor.attempt,
      substrate: parts.substrate,
      catalogue: parts.catalogue,
      fetchArtefact: (id) => parts.artefacts.fetchWritten(this.actor.attempt.id, id),
      fetchIncident: () => parts.incidents.fetchRecord(this.actor.attempt, parts.clock.now()),
      progress: (event) => this.#progress(event),
    });
    this.checks = new LiveChecks({
      actor: this.actor,
      clock: parts.clock,
      atOnce: parts.checking,
      log: this.#log,
      check: (stepId, way) => this.#checkStep(stepId, way),
    });
    this.#watchClock();
  }

  /** Begins what the state asks for, unless something is under way. */
  kick(): void {
    const kind = planNextJob(this.actor.attempt);
    if (this.#job !== undefined || this.#ended.signal.aborted || kind === undefined) return;
    if (!this.#platformHealthy && kind !== 'release') return;
    const abort = new AbortController();
    this.#job = { kind, abort };
    this.#jobDone = this.#run(kind, abort.signal).then(() => {
      this.#job = undefined;
      this.kick();
    });
  }

  /** The substrate went or came back. */
  async setPlatformHealth(health: { readonly ok: true } | { readonly ok: false; readonly reason: string }): Promise<void> {
    this.#platformHealthy = health.ok;
    if (health.ok) await this.#tryChange(platformBack);
    else await this.#tryChange((attempt, nowMs) => platformLost(attempt, lostReason(health.reason), nowMs));
    this.kick();
  }

  /** Looks at the service now, whether or not its step is still open; what is seen is kept with the incident. */
  async lookAtService(): Promise<void> {
    const step = this.actor.attempt.steps.find(({ phase }) => phase === 'incident');
    if (step !== undefined) await this.#parts.checking.run(() => this.#checkStep(step.id, 'quietly', true));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error('The server is stopping.'));
    this.#expiry?.[Symbol.dispose]();
    this.checks[Symbol.dispose]();
    this.#job?.abort.abort(new Error('The server is stopping.'));
    this.hold.forget();
    await this.#jobDone;
    await this.actor.settled();
  }

  async #run(kind: JobKind, signal: AbortSignal): Promise<void> {
    try {
      const work = (): Promise<void> => JOBS[kind](this.#context(signal));
      await (kind === 'provision' ? this.#parts.provisioning.run(work) : work());
      this.#tries = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.hold.forget();
      await this.#recover(kind, error, signal);
    }
  }

  async #recover(kind: JobKind, error: unknown, signal: AbortSignal): Promise<void> {
    const health = this.#platformHealthy ? await this.#parts.substrate.health() : { ok: false };
    const plan = planFailure(kind, error, this.#tries + 1, health.ok);
    this.#log.warn({ err: error, job: kind, plan: plan.kind, tries: this.#tries + 1 }, 'a job of an attempt failed');
    try {
      await this.#applyFailure(kind, plan, signal);
    } catch (failure) {
      if (signal.aborted) return;
      this.#log.error({ err: failure, job: kind }, 'the failure of a job could not be stored');
      await pause(this.#parts.clock, 5_000, signal);
    }
  }

  async #applyFailure(kind: JobKind, plan: FailurePlan, signal: AbortSignal): Promise<void> {
    switch (plan.kind) {
      case 'retry':
        if (plan.counts) this.#tries += 1;
        return pause(this.#parts.clock, plan.delayMs, signal);
      case 'wait':
        await this.actor.change((attempt, nowMs) => platformLost(attempt, plan.reason, nowMs));
        return pause(this.#parts.clock, 2_000, signal);
      case 'lost':
        await this.actor.change((attempt, nowMs) => (hasEnded(attempt) ? undefined : broke(attempt, plan.reason, nowMs)));
        return;
      case 'give-up':
        this.#tries = 0;
        await this.actor.change((attempt, nowMs) => {
          if (hasEnded(attempt)) return undefined;
          return kind === 'grade' ? undecided(attempt, plan.reason, nowMs) : operationFailed(attempt, plan.reason, nowMs);
        });
    }
  }

  #context(signal: AbortSignal): JobContext {
    const { substrate, records, artefacts, evidence, clock, flushStore } = this.#parts;
    return {
      actor: this.actor,
      substrate,
      records,
      artefacts,
      evidence,
      clock,
      log: this.#log,
      signal,
      flushStore,
      progress: (event) => this.#progress(event),
      // What a failed try left behind must not be built upon.
      provisionSandbox: () => this.hold.provision(this.#tries > 0, signal),
      stage: () => this.hold.stage(),
    };
  }

  #progress(event: StageProgress): void {
    void this.#tryChange((attempt, nowMs) => (hasEnded(attempt) ? undefined : progressed(attempt, event, nowMs)));
  }

  async #checkStep(stepId: string, way: 'fully' | 'quietly', asked = false): Promise<readonly CheckResult[]> {
    try {
      const results = await (await this.hold.stage()).checkStep(stepId, way);
      await this.#noteSample(stepId, results, asked);
      return results;
    } catch (error) {
      this.hold.forget();
      throw error;
    }
  }

  /** How the service is seen during an incident is kept: claims of status updates are held against it. */
  async #noteSample(stepId: string, results: readonly CheckResult[], asked: boolean): Promise<void> {
    const { attempt } = this.actor;
    const sample = planSample(attempt, stepId, results, this.#parts.clock.now());
    if (sample !== undefined) await this.#parts.incidents.addSample(attempt.id, sample, asked);
  }

  #changed(attempt: Attempt): void {
    if (hasEnded(attempt) && this.#job !== undefined && this.#job.kind !== 'release' && this.#job.kind !== 'grade') {
      this.#job.abort.abort(new Error('The attempt has ended.'));
      this.hold.forget();
    }
    this.#watchClock();
    this.#parts.onChanged(attempt);
    this.checks.reconsider();
    this.kick();
  }

  #watchClock(): void {
    this.#expiry?.[Symbol.dispose]();
    this.#expiry = undefined;
    const { clock: attemptClock } = this.actor.attempt;
    if (attemptClock?.running !== true || !isWorking(this.actor.attempt)) return;
    const { clock } = this.#parts;
    this.#expiry = clock.after(remainingAt(attemptClock, clock.now()), () => void this.#expire());
  }

  async #expire(): Promise<void> {
    const stored = await this.#tryChange((attempt, nowMs) => {
      const due = isWorking(attempt) && attempt.clock?.running === true && remainingAt(attempt.clock, nowMs) <= 0;
      return due ? timeRanOut(attempt, nowMs) : undefined;
    });
    if (!stored && !this.#ended.signal.aborted) this.#expiry = this.#parts.clock.after(5_000, () => void this.#expire());
  }

  /** For changes nobody waits for; false when the store refused. */
  async #tryChange(plan: PlanMove): Promise<boolean> {
    try {
      await this.actor.change(plan);
      return true;
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'a change of an attempt could not be stored');
      return false;
    }
  }
}

function lostReason(reason: string): string {
  return `The platform under your sandbox is away. The clock stands still; nothing is lost. (${reason})`;
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(clock, delayMs, signal).catch(() => undefined);
}
