import type { EngineSample } from '../../grader/incidents/status-update.ts';
import { QUIET_FAULT } from '../../scenarios/drills/script-references.ts';
import { AppError, messageOf } from '../app-error.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { abandon, askForVerdict } from '../attempts/ending-moves.ts';
import type { PlanMove } from '../attempts/attempt-actor.ts';
import { reset, startIncident } from '../attempts/moves.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { assignTeam } from '../attempts/team-moves.ts';
import type { Member } from '../attempts/team.ts';
import { repeat, type Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import type { Leases } from '../replicas/replicas.ts';
import type { Tx } from '../store/schema.ts';
import type { DrillActor } from './drill-actor.ts';
import type { DrillEntry, Happening, SandboxState } from './drill-entry.ts';
import { isExerciseRole } from './drill-rights.ts';
import type { DrillState } from './drill-state.ts';
import { planLiveFire, type LiveFireStep } from './live-fire-plan.ts';

/** How often the service is looked at and the sandbox's state compared with what the drill wants. */
const LOOK_EVERY_MS = 3_000;
/** A sandbox ends when its clock does; a drill may pause, and is ended by people. */
const ATTEMPT_MINUTES = 480;
/** More is no timeline; a flapping service is told by these as well. */
const MAX_SAMPLES = 1_000;

/** The sandbox that a drill's team shares, as far as the drill has to do with it. */
export interface LiveFire extends AsyncDisposable {
  /** Looks at the drill and does what it asks for. Level-triggered. */
  reconsider(): void;
}

export interface LiveFireParts {
  readonly supervisor: Pick<Supervisor, 'request' | 'find' | 'read' | 'subscribe'>;
  /** Keeps who is in the attempt, in the transaction in which that changes. */
  readonly saveMembers: (tx: Tx, attempt: Attempt) => Promise<void>;
  /** How the attempt's service was seen from outside, in order. */
  readonly samples: (attemptId: string) => Promise<readonly EngineSample[]>;
  /** What is done in a sandbox is done by one server, which is not always the one that was asked. */
  readonly leases: Pick<Leases, 'take' | 'isHeld' | 'release' | 'onFree'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Gives a drill its sandbox: a team attempt at the script's lab, with the same faults, checks and verdict that trainees have. */
export function createLiveFire(parts: LiveFireParts): (actor: DrillActor) => LiveFire {
  return (actor) => new AttemptLiveFire(actor, parts);
}

class AttemptLiveFire implements LiveFire {
  readonly #actor: DrillActor;
  readonly #parts: LiveFireParts;
  readonly #lease: string;
  readonly #subscriptions: readonly Disposable[];
  #look: Disposable | undefined;
  #checks: Disposable | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(actor: DrillActor, parts: LiveFireParts) {
    this.#actor = actor;
    this.#parts = parts;
    this.#lease = `drill/${actor.state.head.id}`;
    this.#subscriptions = [
      parts.supervisor.subscribe((attempt) => {
        if (attempt.id === this.#actor.state.sandbox?.attemptId) this.reconsider();
      }),
      parts.leases.onFree((name) => {
        if (name === undefined || name === this.#lease) this.reconsider();
      }),
    ];
  }

  reconsider(): void {
    if (this.#disposed) return;
    const isUnder = this.#actor.state.status === 'running' || this.#actor.state.status === 'paused';
    if (isUnder) this.#look ??= repeat(this.#parts.clock, LOOK_EVERY_MS, () => this.#turn());
    else this.#stopLooking();
    void this.#turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#stopLooking();
    await this.#round;
    await this.#parts.leases.release(this.#lease);
  }

  #stopLooking(): void {
    this.#look?.[Symbol.dispose]();
    this.#look = undefined;
    this.#stopWatching();
  }

  #stopWatching(): void {
    this.#checks?.[Symbol.dispose]();
    this.#checks = undefined;
  }

  /** One round at a time; what changes meanwhile is looked at once more afterwards. */
  #turn(): Promise<void> {
    this.#again = this.#round !== undefined;
    this.#round ??= this.#act()
      .catch((error: unknown) => {
        this.#parts.log.warn({ reason: messageOf(error), drillId: this.#actor.state.head.id }, 'live fire could not go on');
      })
      .finally(() => {
        this.#round = undefined;
        if (this.#again && !this.#disposed) void this.#turn();
      });
    return this.#round;
  }

  async #act(): Promise<void> {
    const { leases } = this.#parts;
    if (!needsHands(this.#actor.state)) return leases.release(this.#lease);
    if (!leases.isHeld(this.#lease) && !(await leases.take(this.#lease))) {
      this.#stopWatching();
      return;
    }
    // Whoever held it until now may have done something that was not told any more.
    await this.#actor.refresh();
    const { state, entries } = this.#actor;
    const attempt = await this.#findAttempt();
    if (state.status !== 'ended') await this.#keepTeam(attempt);
    const step = planLiveFire(state, entries, attempt);
    if (step.kind !== 'wait') await this.#take(step, attempt);
    if (attempt !== undefined && !hasEnded(attempt)) await this.#noteSamples(attempt.id);
  }

  /** Undefined too when it was noted and, before it could be asked for, the server ended. */
  async #findAttempt(): Promise<Attempt | undefined> {
    const attemptId = this.#actor.state.sandbox?.attemptId ?? null;
    if (attemptId === null) return undefined;
    try {
      return await this.#parts.supervisor.read(attemptId);
    } catch (error) {
      if (error instanceof AppError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Roles that change hands in the drill change hands in its sandbox: what people may do there follows at once. */
  async #keepTeam(attempt: Attempt | undefined): Promise<void> {
    const team = teamOf(this.#actor.state);
    await this.#runnerOf(attempt)?.actor.change((current) => assignTeam(current, team), this.#parts.saveMembers);
  }

  #runnerOf(attempt: Attempt | undefined): ReturnType<Supervisor['find']> {
    return attempt === undefined ? undefined : this.#parts.supervisor.find(attempt.id);
  }

  async #take(step: Exclude<LiveFireStep, { kind: 'wait' }>, attempt: Attempt | undefined): Promise<void> {
    switch (step.kind) {
      case 'begin':
        return this.#begin();
      case 'inject':
        return this.#order({ step, attempt }, { state: 'busy', words: `The fault ${step.fault} is being injected.` }, (current, nowMs) =>
          startFault(current, step.fault, this.#byId, nowMs),
        );
      case 'rewind':
        return this.#order(
          { step, attempt },
          { state: 'busy', words: `The sandbox goes back to the checkpoint, with ${step.fault}.` },
          (current, nowMs) => reset(current, 'fault', this.#byId, nowMs, step.fault),
        );
      case 'settle':
        return this.#noteIfStill(
          { step, attempt },
          step.fault === QUIET_FAULT ? 'The sandbox is ready, and the service is well.' : `The fault ${step.fault} is live.`,
        );
      case 'stuck':
        return this.#noteIfStill({ step, attempt }, `The sandbox did not follow: ${step.reason}`);
      case 'lost':
        return this.#note('gone', 'The sandbox has ended.');
      case 'finish':
        return this.#order(
          { step, attempt },
          { state: 'gone', words: 'The sandbox is being graded, and then let go.' },
          (current, nowMs) =>
            current.state === 'incident' ? askForVerdict(current, this.#byId, nowMs) : abandon(current, this.#byId, nowMs),
        );
    }
  }

  /** The journal of an attempt names a person: whoever scheduled the drill. */
  get #byId(): string {
    return this.#actor.state.head.createdById;
  }

  /** Which attempt it is to be is noted before it is asked for, so that a restart in between asks for the same one. */
  async #begin(): Promise<void> {
    const { head, members } = this.#actor.state;
    const commander = members.find(({ role }) => role === 'commander');
    if (head.script.live === undefined || commander === undefined)
      return this.#note('failed', 'Nobody commands, so there is no team to make a sandbox for.');
    const id = await this.#nameAttempt();
    try {
      await this.#parts.supervisor.request({
        id,
        personId: commander.personId,
        labSlug: head.script.live.lab,
        mode: 'incident',
        fault: QUIET_FAULT,
        incidentMinutes: ATTEMPT_MINUTES,
        members: teamOf(this.#actor.state).map((member) => ({ ...member, joinedAtMs: null })),
      });
    } catch (error) {
      // Asked for already, and only not yet seen here.
      if (!(error instanceof AppError) || (await this.#findAttempt()) !== undefined) throw error;
      await this.#note('failed', `There is no sandbox: ${error.message} ${error.remedy ?? ''} Play on as a tabletop.`);
    }
  }

  /** The first id that was noted holds. */
  async #nameAttempt(): Promise<string> {
    const fresh = newId('attempt');
    await this.#actor.change(null, ({ sandbox }) =>
      (sandbox?.attemptId ?? null) === null
        ? [{ kind: 'sandbox', state: 'preparing', attemptId: fresh, words: 'The sandbox is being made.' }]
        : [],
    );
    return this.#actor.state.sandbox?.attemptId ?? fresh;
  }

  /** What is asked of the sandbox and that it was asked are stored together, so that no restart asks twice. */
  async #order(
    { step, attempt }: { readonly step: LiveFireStep; readonly attempt: Attempt | undefined },
    { state, words }: { readonly state: SandboxState; readonly words: string },
    plan: PlanMove,
  ): Promise<void> {
    const runner = this.#runnerOf(attempt);
    if (runner === undefined) return;
    const asked = (current: DrillState, entries: readonly DrillEntry[]): readonly Happening[] =>
      samePlan(planLiveFire(current, entries, attempt), step) ? [{ kind: 'sandbox', state, attemptId: null, words }] : [];
    await this.#actor.change(null, asked, {
      within: (store) => runner.actor.change(plan, store),
    });
  }

  /** An order that came in between must not look as if it had been carried out already. */
  async #noteIfStill(
    { step, attempt }: { readonly step: LiveFireStep; readonly attempt: Attempt | undefined },
    words: string,
  ): Promise<void> {
    await this.#actor.change(null, (state, entries) =>
      samePlan(planLiveFire(state, entries, attempt), step) ? [{ kind: 'sandbox', state: 'ready', attemptId: null, words }] : [],
    );
  }

  async #note(state: SandboxState, words: string): Promise<void> {
    await this.#actor.change(null, ({ sandbox }) => (sandbox?.state === state ? [] : [{ kind: 'sandbox', state, attemptId: null, words }]));
  }

  /** New looks at the service go onto the timeline; while the drill is under way it is looked at all the time. */
  async #noteSamples(attemptId: string): Promise<void> {
    if (this.#look !== undefined && !this.#disposed) this.#checks ??= this.#parts.supervisor.find(attemptId)?.checks.watch();
    const samples = await this.#parts.samples(attemptId);
    await this.#actor.change(null, (state, entries) => {
      const noted = entries.flatMap(({ what }) => (what.kind === 'service' && what.sampledAtMs !== undefined ? [what.sampledAtMs] : []));
      const last = noted.at(-1) ?? 0;
      const fresh = samples.filter(({ atMs }) => atMs > last).slice(0, Math.max(0, MAX_SAMPLES - noted.length));
      return state.status === 'scheduled' ? [] : fresh.map(toHappening);
    });
  }
}

/** One that was not begun has no sandbox yet; one that is over keeps it until it is let go. */
function needsHands({ status, sandbox }: DrillState): boolean {
  if (status === 'scheduled') return false;
  return status !== 'ended' || (sandbox !== null && sandbox.state !== 'gone' && sandbox.state !== 'failed');
}

function samePlan(one: LiveFireStep, other: LiveFireStep): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Who plays, and who looks on: those who run it steer the sandbox as instructors do. */
function teamOf({ members }: DrillState): readonly Pick<Member, 'personId' | 'role'>[] {
  return members.flatMap(({ personId, role }) => (!isExerciseRole(role) || role === 'observer' ? [{ personId, role }] : []));
}

function startFault(attempt: Attempt, fault: string, byId: string, nowMs: number): ReturnType<typeof startIncident> | undefined {
  return attempt.baseline === null ? undefined : startIncident(attempt, attempt.baseline, fault, byId, nowMs);
}

function toHappening({ atMs, failing }: EngineSample): Happening {
  const isUp = failing.length === 0;
  const seen = isUp ? 'Everything that users rely on holds.' : `Does not hold: ${failing.join('; ')}.`;
  return { kind: 'service', state: isUp ? 'up' : 'down', seen, failing, sampledAtMs: atMs };
}
