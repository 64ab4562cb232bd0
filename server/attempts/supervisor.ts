import { randomBytes, randomInt } from 'node:crypto';
import type { AttemptMode } from '../../labs/lab-stage.ts';
import { AppError, messageOf, notFound } from '../app-error.ts';
import { repeat, type Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Substrate, SubstrateHealth } from '../sandboxes/substrate.ts';
import { hasEnded, type Attempt } from './attempt.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { ArtefactRecords } from '../artefacts/artefact-records.ts';
import type { IncidentRecords } from '../incidents/incident-records.ts';
import type { AttemptRecords } from './attempt-records.ts';
import { AttemptRunner, type RunnerParts } from './attempt-runner.ts';
import type { EvidenceChain } from './evidence-chain.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { planFaultChoice } from './lab-offer.ts';
import type { ExtraTime } from './extra-time.ts';
import { moved } from './move.ts';
import { admit, requestAttempt } from './moves.ts';
import { resumeAfterRestart } from './platform-moves.ts';
import { Semaphore } from './semaphore.ts';
import { progressed } from './step-moves.ts';
import { describePlace } from './queue-estimate.ts';
import type { Member } from './team.ts';

export interface SupervisorParts {
  readonly substrate: Substrate;
  readonly catalogue: LabCatalogue;
  readonly records: AttemptRecords;
  readonly artefacts: ArtefactRecords;
  readonly incidents: IncidentRecords;
  readonly evidence: EvidenceChain;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sandboxes at once. As many again may wait in the queue. */
  readonly capacity: number;
  readonly flushStore: () => Promise<void>;
  readonly lastAlive: { read(): Promise<number | undefined>; write(atMs: number): Promise<void> };
}

export interface NewAttempt {
  /** Absent: a new one. Given by who noted it before asking, so that nobody asks twice. */
  readonly id?: string;
  readonly personId: string;
  readonly labSlug: string;
  readonly mode: AttemptMode;
  readonly fault?: string | undefined;
  /** In place of what the lab gives, for a drill, which has a clock of its own. */
  readonly incidentMinutes?: number;
  /** In place of what the lab gives for the build steps. */
  readonly minutes?: number;
  readonly aiPolicy?: AiPolicy | undefined;
  readonly extraTime?: ExtraTime | undefined;
  /** Who has read the rule about AI assistants already. */
  readonly acknowledgedBy?: readonly string[];
  readonly interviewId?: string | undefined;
  /** Absent: the person alone. */
  readonly members?: readonly Member[] | undefined;
}

const PROVISIONING_AT_ONCE = 3;
const CHECKS_AT_ONCE = 4;
/** How exactly a crash is dated; clocks are given back what was lost, to this grain. */
const ALIVE_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 5 * 60_000;
const RETRY_FULL_AFTER_SECONDS = 60;

/** All attempts that run. Takes them up again at the start, admits new ones while there is room, tells them when the ground goes. */
export class Supervisor implements AsyncDisposable {
  readonly #parts: SupervisorParts;
  readonly #runnerParts: RunnerParts;
  readonly #runners = new Map<string, AttemptRunner>();
  readonly #listeners = new Set<(attempt: Attempt) => void>();
  readonly #subscriptions: Disposable[] = [];
  #health: SubstrateHealth = { ok: true };
  #stopping = false;

  private constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#runnerParts = {
      ...parts,
      provisioning: new Semaphore(PROVISIONING_AT_ONCE),
      checking: new Semaphore(CHECKS_AT_ONCE),
      onChanged: (attempt) => this.#changed(attempt),
    };
  }

  /** Takes up what was running, removes sandboxes nobody owns, and goes on where each attempt stood. */
  static async start(parts: SupervisorParts): Promise<Supervisor> {
    const supervisor = new Supervisor(parts);
    await supervisor.#resume();
    return supervisor;
  }

  get capacity(): number {
    return this.#parts.capacity;
  }

  get health(): SubstrateHealth {
    return this.#health;
  }

  /** Attempts that hold a sandbox or wait for one, the oldest first. */
  get running(): readonly AttemptRunner[] {
    return [...this.#runners.values()];
  }

  get inUse(): number {
    return this.running.filter((runner) => runner.actor.attempt.state !== 'requested').length;
  }

  find(attemptId: string): AttemptRunner | undefined {
    return this.#runners.get(attemptId);
  }

  /** For commands: an attempt that ended is refused with AttemptNotRunning. */
  async require(attemptId: string): Promise<AttemptRunner> {
    const runner = this.#runners.get(attemptId);
    if (runner !== undefined && !hasEnded(runner.actor.attempt)) return runner;
    await this.#parts.records.require(attemptId);
    throw new AppError('AttemptNotRunning', 'This attempt has ended.', { remedy: 'Start a new attempt from the catalogue.' });
  }

  /** The newest state, whether it runs or has ended. */
  async read(attemptId: string): Promise<Attempt> {
    return this.#runners.get(attemptId)?.actor.attempt ?? (await this.#parts.records.require(attemptId));
  }

  /** Called with each new state, after it was stored. */
  subscribe(listener: (attempt: Attempt) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Something that is shown with the attempt but not part of it has changed, e.g. its terminals: makes a new revision. */
  async touch(attemptId: string): Promise<void> {
    await this.#runners.get(attemptId)?.actor.change((attempt) => (hasEnded(attempt) ? undefined : moved(attempt, {})));
  }

  async request(wanted: NewAttempt): Promise<Attempt> {
    const { catalogue, records, clock, substrate } = this.#parts;
    const lab = catalogue.find(wanted.labSlug);
    if (lab === undefined) throw notFound('lab');
    if (wanted.fault !== undefined && !lab.faults.some((fault) => fault.id === wanted.fault)) throw notFound('fault in this lab');
    this.#requireRoom();
    const choice = planFaultChoice(lab, substrate.ground, wanted.fault);
    const variant = catalogue.planVariant(lab.slug, randomBytes(8).toString('hex'), choice?.[randomInt(choice.length)]);
    const move = requestAttempt(
      {
        id: wanted.id ?? newId('attempt'),
        personId: wanted.personId,
        members: wanted.members,
        sandboxId: newId('sandbox'),
        lab: { ...lab, minutes: wanted.minutes ?? lab.minutes, incidentMinutes: wanted.incidentMinutes ?? lab.incidentMinutes },
        mode: wanted.mode,
        variant,
        aiPolicy: wanted.aiPolicy,
        acknowledgedBy: wanted.acknowledgedBy,
        extraTime: wanted.extraTime,
        interviewId: wanted.interviewId,
      },
      clock.now(),
    );
    await records.insert(move, clock.now());
    const runner = this.#adopt(move.attempt);
    await this.#admitWaiting();
    return runner.actor.attempt;
  }

  /** Lets go of everything without ending anything: the next start goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await Promise.all(this.running.map((runner) => runner[Symbol.asyncDispose]()));
    await this.#noteAlive();
  }

  async #resume(): Promise<void> {
    const { records, substrate, clock, log, lastAlive } = this.#parts;
    const unfinished = await records.listUnfinished();
    const aliveMs = (await lastAlive.read()) ?? clock.now();
    this.#health = await substrate.health();
    for (const attempt of unfinished) {
      const runner = this.#adopt(attempt);
      await runner.actor.change((current, nowMs) => resumeAfterRestart(current, aliveMs, nowMs));
    }
    await this.#sweep();
    if (unfinished.length > 0) log.info({ resumed: unfinished.length }, 'took up what was running');
    // On shared clusters an orphan is spared until it is old enough, and others of the installation may leave some at any time.
    if (!substrate.ground.ownCluster) this.#subscriptions.push(repeat(clock, SWEEP_EVERY_MS, () => this.#sweep()));
    this.#subscriptions.push(substrate.subscribe((health) => void this.#setHealth(health)));
    this.#subscriptions.push(repeat(clock, ALIVE_EVERY_MS, () => this.#noteAlive()));
    await this.#setHealth(this.#health);
    await this.#noteAlive();
    await this.#admitWaiting();
  }

  /** What belongs to no attempt of the database, whichever server runs it. */
  async #sweep(): Promise<void> {
    const { records, substrate, log } = this.#parts;
    try {
      const unfinished = await records.listUnfinished();
      const keep = new Set(unfinished.filter((attempt) => attempt.state !== 'requested').map((attempt) => attempt.sandboxId));
      const swept = await substrate.sweep(keep);
      if (swept.length > 0) log.info({ swept }, 'removed what belonged to no attempt');
    } catch (error) {
      log.warn({ err: error }, 'orphans could not be removed');
    }
  }

  async #setHealth(health: SubstrateHealth): Promise<void> {
    this.#health = health;
    await Promise.all(this.running.map((runner) => runner.setPlatformHealth(this.#healthUnder(runner))));
    if (health.ok) await this.#admitWaiting();
  }

  /** A part of the ground may be gone while the rest of it stands. */
  #healthUnder(runner: AttemptRunner): SubstrateHealth {
    const reason = this.#health.ok ? this.#parts.substrate.troubleOf?.(runner.actor.attempt.sandboxId) : undefined;
    return reason === undefined ? this.#health : { ok: false, reason };
  }

  #adopt(attempt: Attempt): AttemptRunner {
    const runner = new AttemptRunner(attempt, this.#runnerParts);
    this.#runners.set(attempt.id, runner);
    return runner;
  }

  #requireRoom(): void {
    if (this.#runners.size < this.#parts.capacity * 2) return;
    throw new AppError('CapacityExhausted', 'All sandboxes are in use and the queue is full.', {
      retryAfterSeconds: RETRY_FULL_AFTER_SECONDS,
      remedy: 'Try again in a minute, or ask your administrator for more capacity.',
    });
  }

  /** The oldest first, as long as there is room; the others are told their place. */
  async #admitWaiting(): Promise<void> {
    if (this.#stopping) return;
    const waiting = this.running.filter((runner) => runner.actor.attempt.state === 'requested');
    let room = this.#health.ok ? this.#parts.capacity - this.inUse : 0;
    for (const [ahead, runner] of waiting.entries()) {
      try {
        if (room > 0)
          await runner.actor.change((attempt) =>
            attempt.state === 'requested' ? admit(endQueue(attempt, this.#parts.clock.now())) : undefined,
          );
        else await this.#tellPlace(runner, ahead);
        room -= 1;
      } catch (error) {
        this.#parts.log.warn({ reason: messageOf(error) }, 'a waiting attempt could not be admitted');
      }
    }
  }

  async #tellPlace(runner: AttemptRunner, ahead: number): Promise<void> {
    const clocks = this.running.flatMap(({ actor }) => (actor.attempt.state === 'requested' ? [] : [actor.attempt.clock]));
    const text = this.#health.ok ? describePlace(ahead, clocks, this.#parts.clock.now()) : 'Waiting for the platform to come back';
    await runner.actor.change((attempt, nowMs) =>
      attempt.state !== 'requested' || attempt.progress.at(-1)?.text === text
        ? undefined
        : progressed(attempt, { id: 'queue', text, state: 'started' }, nowMs),
    );
  }

  #changed(attempt: Attempt): void {
    if (attempt.released) this.#forget(attempt);
    for (const listener of this.#listeners) listener(attempt);
  }

  #forget(attempt: Attempt): void {
    const runner = this.#runners.get(attempt.id);
    this.#runners.delete(attempt.id);
    // Disposing waits for the job that is just ending, so it must not be waited for here.
    void runner?.[Symbol.asyncDispose]().then(() => this.#admitWaiting());
  }

  async #noteAlive(): Promise<void> {
    await this.#parts.lastAlive.write(this.#parts.clock.now()).catch((error: unknown) => {
      this.#parts.log.warn({ reason: messageOf(error) }, 'the time of this server could not be stored');
    });
  }
}

function endQueue(attempt: Attempt, nowMs: number): Attempt {
  const waited = attempt.progress.some((entry) => entry.id === 'queue' && entry.state === 'started');
  if (!waited) return attempt;
  const { attempt: next } = progressed(attempt, { id: 'queue', text: 'A sandbox is free', state: 'done' }, nowMs);
  return { ...next, revision: attempt.revision };
}
