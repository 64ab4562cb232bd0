import { randomBytes, randomInt } from 'node:crypto';
import type { AttemptMode } from '../../labs/lab-stage.ts';
import { AppError, messageOf, notFound } from '../app-error.ts';
import { orLate, repeat, type Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Leadership } from '../replicas/leadership.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { SharedTally } from '../replicas/shared-tally.ts';
import type { Substrate, SubstrateHealth } from '../sandboxes/substrate.ts';
import { Admission } from './admission.ts';
import { hasEnded, type Attempt } from './attempt.ts';
import type { AiPolicy } from '../contract/ai-policy.ts';
import type { ArtefactRecords } from '../artefacts/artefact-records.ts';
import type { IncidentRecords } from '../incidents/incident-records.ts';
import type { AttemptRecords } from './attempt-records.ts';
import { AttemptRunner, type HoldersWork, type RunnerParts } from './attempt-runner.ts';
import { AttemptHolding, type HoldingParts, type OnHeld } from './attempt-holding.ts';
import { AttemptSharing, betweenHolders } from './attempt-sharing.ts';
import type { EvidenceChain } from './evidence-chain.ts';
import type { HolderRecords } from './holder-records.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { planFaultChoice } from './lab-offer.ts';
import type { ExtraTime } from './extra-time.ts';
import { moved } from './move.ts';
import { requestAttempt } from './moves.ts';
import { Semaphore } from '../semaphore.ts';
import type { Member } from './team.ts';

export interface SupervisorParts {
  readonly replicas: Replicas;
  readonly leadership: Leadership;
  readonly holders: HolderRecords;
  readonly substrate: Substrate;
  readonly catalogue: LabCatalogue;
  readonly records: AttemptRecords;
  readonly artefacts: ArtefactRecords;
  readonly incidents: IncidentRecords;
  readonly evidence: EvidenceChain;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sandboxes at once, of all servers. As many again may wait in the queue. */
  readonly capacity: number;
  readonly flushStore: () => Promise<void>;
  readonly lastAlive: HoldingParts['lastAlive'];
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
const SWEEP_EVERY_MS = 5 * 60_000;
/** Shorter than the bus waits for an answer. */
const ANSWER_AFTER_MS = 8_000;
const RETRY_FULL_AFTER_SECONDS = 60;
/** When the database did not answer. */
const TRY_AGAIN_MS = 3_000;

/**
 * All attempts that run, on whichever server. Each is known here and can be moved here; those whose lease this server holds it keeps going. Takes up what nobody
 * holds: its own attempts at the start, another server's when that one goes. Admits new ones while there is room, tells them when the ground goes.
 */
export class Supervisor implements AsyncDisposable {
  readonly #parts: SupervisorParts;
  readonly #runnerParts: RunnerParts;
  readonly #runners = new Map<string, AttemptRunner>();
  readonly #listeners = new Set<(attempt: Attempt) => void>();
  readonly #subscriptions: Disposable[] = [];
  readonly #sharing: AttemptSharing;
  readonly #admission: Admission;
  readonly #holding: AttemptHolding;
  #health: SubstrateHealth = { ok: true };
  #leading: Promise<void> = Promise.resolve();
  #stopping = false;

  private constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#sharing = new AttemptSharing({
      replicas: parts.replicas,
      log: parts.log,
      onTold: (attemptId, revision) => void this.#hear(attemptId, revision),
      onMissed: () => void this.#readAnew(),
      work: (attemptId, what) => this.#doForOthers(attemptId, what),
      onLost: (attemptId) => this.#holding.letGo(attemptId, this.find(attemptId)),
      onFree: (attemptId) => this.#holding.takeUpFree(attemptId),
    });
    this.#holding = new AttemptHolding({
      ...parts,
      sharing: this.#sharing,
      running: () => this.running,
      healthUnder: (runner) => this.#healthUnder(runner),
    });
    const watching = new SharedTally(parts.replicas.bus, 'attempt-watchers');
    this.#subscriptions.push(
      this.#sharing,
      watching,
      watching.subscribe((attemptId) => this.find(attemptId)?.checks.reconsider()),
    );
    this.#admission = new Admission({
      ...parts,
      running: () => this.running,
      health: () => this.#health,
      leads: () => parts.leadership.leads && !this.#stopping,
      several: parts.replicas.several,
    });
    this.#runnerParts = {
      ...parts,
      provisioning: new Semaphore(PROVISIONING_AT_ONCE),
      checking: new Semaphore(CHECKS_AT_ONCE),
      watching,
      isHeld: (attemptId) => this.#sharing.isHeld(attemptId),
      askHolder: (attemptId, what) => this.#sharing.askHolder(attemptId, what),
      onChanged: (attempt, byMe) => this.#changed(attempt, byMe),
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
    return [...this.#runners.values()].sort((a, b) => a.actor.attempt.createdAtMs - b.actor.attempt.createdAtMs);
  }

  get inUse(): number {
    return this.#admission.inUse;
  }

  /** Whether this server keeps the attempt going. */
  isHeld(attemptId: string): boolean {
    return this.#runners.get(attemptId)?.leads === true;
  }

  find(attemptId: string): AttemptRunner | undefined {
    return this.#runners.get(attemptId);
  }

  /** For commands: an attempt that ended is refused with AttemptNotRunning. */
  async require(attemptId: string): Promise<AttemptRunner> {
    const runner = this.#runners.get(attemptId) ?? (await this.#look(attemptId)).runner;
    if (runner !== undefined && !hasEnded(runner.actor.attempt)) return runner;
    throw new AppError('AttemptNotRunning', 'This attempt has ended.', { remedy: 'Start a new attempt from the catalogue.' });
  }

  /** The newest state, whether it runs or has ended. */
  async read(attemptId: string): Promise<Attempt> {
    return this.#runners.get(attemptId)?.actor.attempt ?? (await this.#look(attemptId)).attempt;
  }

  /** Called when this server begins to keep an attempt going and when it does so no more, and at once for those that it does. */
  subscribeHeld(listener: OnHeld): Disposable {
    return this.#holding.subscribe(listener);
  }

  /** Called with each new state, after it was stored, whichever server stored it. */
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
    await catalogue.keep(wanted.labSlug);
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
    await this.#holding.takeUp(runner, { isNew: true });
    this.#sharing.tell(move.attempt);
    await this.#admission.run();
    return runner.actor.attempt;
  }

  /** Lets go of everything without ending anything: another server goes on at once, or the next start does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#holding[Symbol.asyncDispose]();
  }

  async #resume(): Promise<void> {
    const { records, substrate, log, leadership } = this.#parts;
    const unfinished = await records.listUnfinished();
    this.#health = await substrate.health();
    for (const attempt of unfinished) await this.#holding.takeUp(this.#adopt(attempt), { isNew: false });
    if (unfinished.length > 0) log.info({ resumed: unfinished.length }, 'took up what was running');
    this.#subscriptions.push(substrate.subscribe((health) => void this.#setHealth(health)));
    this.#subscriptions.push(leadership.whileLeader(() => this.#lead()));
    await this.#leading;
    await this.#holding.begin();
  }

  /** What one server does for all. */
  #lead(): Disposable {
    const { substrate, clock, holders, log } = this.#parts;
    const prune = (): Promise<void> =>
      holders
        .prune(clock.now())
        .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'servers that went could not be forgotten'));
    this.#leading = this.#sweep()
      .then(prune)
      .then(() => this.#admission.run());
    // On shared clusters an orphan is spared until it is old enough, and others of the installation may leave some at any time.
    return substrate.ground.ownCluster ? { [Symbol.dispose]: () => undefined } : repeat(clock, SWEEP_EVERY_MS, () => this.#sweep());
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
    if (health.ok) await this.#admission.run();
  }

  /** A part of the ground may be gone while the rest of it stands. */
  #healthUnder(runner: AttemptRunner): SubstrateHealth {
    const reason = this.#health.ok ? this.#parts.substrate.troubleOf?.(runner.actor.attempt.sandboxId) : undefined;
    return reason === undefined ? this.#health : { ok: false, reason };
  }

  /** What this server does not know yet, because another one made it just now. */
  async #look(attemptId: string): Promise<{ readonly attempt: Attempt; readonly runner?: AttemptRunner }> {
    const attempt = await this.#parts.records.require(attemptId);
    return attempt.released || !this.#parts.replicas.several ? { attempt } : { attempt, runner: this.#adopt(attempt) };
  }

  #adopt(attempt: Attempt): AttemptRunner {
    const known = this.#runners.get(attempt.id);
    known?.actor.see(attempt);
    const runner = known ?? new AttemptRunner(attempt, this.#runnerParts);
    this.#runners.set(attempt.id, runner);
    return runner;
  }

  /** What takes long goes on after the answer: what comes of it is told like every change. */
  async #doForOthers(attemptId: string, what: HoldersWork): Promise<void> {
    const { clock, log } = this.#parts;
    const runner = this.#runners.get(attemptId);
    if (runner?.leads !== true) throw betweenHolders();
    const work = what === 'check-now' ? runner.checkNow() : runner.lookAtService();
    work.catch((error: unknown) => log.warn({ reason: messageOf(error), attemptId, what }, 'what another server asked for failed'));
    await orLate(clock, work, ANSWER_AFTER_MS, undefined);
  }

  /** Another server has stored something. What cannot be read now is read when it can. */
  async #hear(attemptId: string, revision: number): Promise<void> {
    const runner = this.#runners.get(attemptId);
    if (this.#stopping || (runner !== undefined && runner.actor.attempt.revision >= revision)) return;
    try {
      if (runner === undefined) {
        await this.#look(attemptId);
        await this.#admission.run();
      } else await runner.actor.refresh();
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error), attemptId }, 'what another server changed could not be read');
      this.#parts.clock.after(TRY_AGAIN_MS, () => void this.#hear(attemptId, revision));
    }
  }

  async #readAnew(): Promise<void> {
    if (this.#stopping) return;
    try {
      const unfinished = await this.#parts.records.listUnfinished();
      for (const attempt of unfinished) this.#adopt(attempt);
      const ids = new Set(unfinished.map(({ id }) => id));
      const released = this.running.filter(({ actor }) => !ids.has(actor.attempt.id));
      await Promise.all(released.map(({ actor }) => actor.refresh()));
      await this.#admission.run();
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error) }, 'what other servers changed could not be read');
      this.#parts.clock.after(TRY_AGAIN_MS, () => void this.#readAnew());
    }
  }

  #requireRoom(): void {
    if (this.#runners.size < this.#parts.capacity * 2) return;
    throw new AppError('CapacityExhausted', 'All sandboxes are in use and the queue is full.', {
      retryAfterSeconds: RETRY_FULL_AFTER_SECONDS,
      remedy: 'Try again in a minute, or ask your administrator for more capacity.',
    });
  }

  #changed(attempt: Attempt, byMe: boolean): void {
    if (byMe) this.#sharing.tell(attempt);
    if (attempt.released) void this.#forget(attempt.id);
    for (const listener of this.#listeners) listener(attempt);
  }

  /** Disposing waits for the job that is just ending, so nobody in that job may wait for this. */
  async #forget(attemptId: string): Promise<void> {
    const runner = this.#runners.get(attemptId);
    const held = runner?.leads === true;
    this.#runners.delete(attemptId);
    await runner?.[Symbol.asyncDispose]();
    await this.#holding.forget(attemptId, held);
    await this.#admission.run();
  }
}
