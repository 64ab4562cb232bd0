import type { CheckResult } from '../../grader/verdict.ts';
import type { StageProgress } from '../../labs/lab-stage.ts';
import { messageOf } from '../app-error.ts';
import { sleep, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { SharedTally } from '../replicas/shared-tally.ts';
import type { Substrate, SubstrateHealth } from '../sandboxes/substrate.ts';
import { hasEnded, isWorking, type Attempt } from './attempt.ts';
import { AttemptActor, type OnChanged, type PlanMove } from './attempt-actor.ts';
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
import { platformBack, platformLost, roomMissing } from './platform-moves.ts';
import { SandboxHold } from './sandbox-hold.ts';
import type { Semaphore } from '../semaphore.ts';
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
  /** Who looks at which attempt, on any server. */
  readonly watching: SharedTally;
  /** Whether this server keeps the attempt going at this very moment. */
  readonly isHeld: (attemptId: string) => boolean;
  /** Lets the server that keeps the attempt going do it, and waits for that. */
  readonly askHolder: (attemptId: string, what: HoldersWork) => Promise<void>;
  readonly onChanged: OnChanged;
}

/** What a command on any server wants of the one that keeps the attempt going. */
export type HoldersWork = 'check-now' | 'look-at-service';

/**
 * One attempt on this server. It can be looked at and moved on every server; the one that leads keeps it going: does what its state asks for (one job at a time),
 * watches its clock, checks its open step while somebody looks. Level-triggered: `kick` looks at the state and acts, whatever happened before.
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
  #leads = false;
  #platformHealthy = true;
  #expiry: Disposable | undefined;

  constructor(attempt: Attempt, parts: RunnerParts) {
    this.#parts = parts;
    this.#log = parts.log.child({ attemptId: attempt.id });
    this.actor = new AttemptActor(attempt, parts.records, parts.clock, (next, byMe) => this.#changed(next, byMe));
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
      watching: parts.watching,
      isHeld: () => this.leads,
      check: (stepId, way) => this.#checkStep(stepId, way),
    });
  }

  /** True while this server keeps the attempt going. */
  get leads(): boolean {
    return this.#leads && this.#parts.isHeld(this.actor.attempt.id);
  }

  /** Keeps the attempt going from now on. */
  async lead(health: SubstrateHealth): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#leads = true;
    this.#watchClock();
    this.checks.reconsider();
    await this.setPlatformHealth(health);
  }

  /** Another server keeps it going. Resolves when nothing that was under way here goes on. */
  async follow(reason = 'Another server goes on with this attempt.'): Promise<void> {
    this.#leads = false;
    this.#tries = 0;
    this.#watchClock();
    this.checks.reconsider();
    if (this.#job !== undefined) {
      this.#job.abort.abort(new Error(reason));
      this.hold.forget();
    }
    await this.#jobDone;
  }

  /** Begins what the state asks for, unless something is under way. */
  kick(): void {
    const kind = planNextJob(this.actor.attempt);
    if (this.#job !== undefined || this.#ended.signal.aborted || kind === undefined || !this.leads) return;
    if (!this.#platformHealthy && kind !== 'release') return;
    const abort = new AbortController();
    this.#job = { kind, abort };
    this.#jobDone = this.#run(kind, abort.signal).then(() => {
      this.#job = undefined;
      this.kick();
    });
  }

  /** The substrate went or came back. */
  async setPlatformHealth(health: SubstrateHealth): Promise<void> {
    this.#platformHealthy = health.ok;
    if (!this.leads) return;
    if (health.ok) await this.#tryChange(platformBack);
    else await this.#tryChange((attempt, nowMs) => platformLost(attempt, lostReason(health.reason), nowMs));
    this.kick();
  }

  /** Checks the open step now, wherever the attempt is kept going. */
  async checkNow(): Promise<void> {
    if (this.leads) return this.checks.checkNow();
    await this.#parts.askHolder(this.actor.attempt.id, 'check-now');
    await this.actor.refresh();
  }

  /** Looks at the service now, whether or not its step is still open; what is seen is kept with the incident. */
  async lookAtService(): Promise<void> {
    if (!this.leads) return this.#parts.askHolder(this.actor.attempt.id, 'look-at-service');
    const step = this.actor.attempt.steps.find(({ phase }) => phase === 'incident');
    if (step !== undefined) await this.#parts.checking.run(() => this.#checkStep(step.id, 'quietly', true));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = 'The server is stopping.';
    this.#ended.abort(new Error(reason));
    this.checks[Symbol.dispose]();
    const stopped = this.follow(reason);
    this.hold.forget();
    await stopped;
    await this.actor.settled();
  }

  async #run(kind: JobKind, signal: AbortSignal): Promise<void> {
    try {
      const work = (): Promise<void> => JOBS[kind](this.#context(signal));
      await (kind === 'provision' ? this.#parts.provisioning.run(work) : work());
      this.#tries = 0;
    } catch (error) {
      if (signal.aborted || error instanceof NotLeadingError) return;
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
      if (signal.aborted || failure instanceof NotLeadingError) return;
      this.#log.error({ err: failure, job: kind }, 'the failure of a job could not be stored');
      await pause(this.#parts.clock, 5_000, signal);
    }
  }

  async #applyFailure(kind: JobKind, plan: FailurePlan, signal: AbortSignal): Promise<void> {
    const actor = this.#actorOf(signal);
    switch (plan.kind) {
      case 'retry':
        if (plan.counts) this.#tries += 1;
        await actor.change((attempt, nowMs) => roomMissing(attempt, plan.waitsFor, nowMs));
        return pause(this.#parts.clock, plan.delayMs, signal);
      case 'wait':
        await actor.change((attempt, nowMs) => platformLost(attempt, plan.reason, nowMs));
        return pause(this.#parts.clock, 2_000, signal);
      case 'lost':
        await actor.change((attempt, nowMs) => (hasEnded(attempt) ? undefined : broke(attempt, plan.reason, nowMs)));
        return;
      case 'give-up':
        this.#tries = 0;
        await actor.change((attempt, nowMs) => {
          if (hasEnded(attempt)) return undefined;
          return kind === 'grade' ? undecided(attempt, plan.reason, nowMs) : operationFailed(attempt, plan.reason, nowMs);
        });
    }
  }

  #context(signal: AbortSignal): JobContext {
    const { substrate, records, artefacts, evidence, clock, flushStore } = this.#parts;
    return {
      actor: this.#actorOf(signal),
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

  /**
   * What a job changes is planned only while it may go on: one that was away for a while, because the whole process stood still, must not move on what another
   * server has taken over.
   */
  #actorOf(signal: AbortSignal): JobContext['actor'] {
    const { actor } = this;
    const requireLead = (): void => {
      signal.throwIfAborted();
      if (!this.leads) throw new NotLeadingError();
    };
    return {
      get attempt() {
        return actor.attempt;
      },
      change: (plan, along) =>
        actor.change((attempt, nowMs) => {
          requireLead();
          return plan(attempt, nowMs);
        }, along),
    };
  }

  /** A command may look into the sandbox on any server and tell of it; a job may only where it may go on. */
  #progress(event: StageProgress): void {
    if (this.#job !== undefined && !this.leads) return;
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

  #changed(attempt: Attempt, byMe: boolean): void {
    if (hasEnded(attempt) && this.#job !== undefined && this.#job.kind !== 'release' && this.#job.kind !== 'grade') {
      this.#job.abort.abort(new Error('The attempt has ended.'));
      this.hold.forget();
    }
    this.#watchClock();
    this.#parts.onChanged(attempt, byMe);
    this.checks.reconsider();
    this.kick();
  }

  #watchClock(): void {
    this.#expiry?.[Symbol.dispose]();
    this.#expiry = undefined;
    const { clock: attemptClock } = this.actor.attempt;
    if (!this.leads || attemptClock?.running !== true || !isWorking(this.actor.attempt)) return;
    const { clock } = this.#parts;
    this.#expiry = clock.after(remainingAt(attemptClock, clock.now()), () => void this.#expire());
  }

  async #expire(): Promise<void> {
    if (!this.leads) return;
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

/** The lease of the attempt went while a job was under way; whoever has it now goes on. */
class NotLeadingError extends Error {
  constructor() {
    super('Another server may go on with this attempt.');
    this.name = 'NotLeadingError';
  }
}

function lostReason(reason: string): string {
  return `The platform under your sandbox is away. The clock stands still; nothing is lost. (${reason})`;
}

async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(clock, delayMs, signal).catch(() => undefined);
}
