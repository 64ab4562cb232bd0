import type { EngineSample } from '../../grader/incidents/status-update.ts';
import { QUIET_FAULT } from '../../scenarios/drills/script-references.ts';
import { AppError, messageOf } from '../app-error.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import { abandon, askForVerdict } from '../attempts/ending-moves.ts';
import { reset, startIncident } from '../attempts/moves.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import { repeat, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { DrillActor } from './drill-actor.ts';
import type { Happening, SandboxState } from './drill-entry.ts';
import { isExerciseRole } from './drill-rights.ts';
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
  /** How the attempt's service was seen from outside, in order. */
  readonly samples: (attemptId: string) => Promise<readonly EngineSample[]>;
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
  readonly #subscription: Disposable;
  #look: Disposable | undefined;
  #checks: Disposable | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(actor: DrillActor, parts: LiveFireParts) {
    this.#actor = actor;
    this.#parts = parts;
    this.#subscription = parts.supervisor.subscribe((attempt) => {
      if (attempt.id === this.#actor.state.sandbox?.attemptId) this.reconsider();
    });
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
    this.#subscription[Symbol.dispose]();
    this.#stopLooking();
    await this.#round;
  }

  #stopLooking(): void {
    this.#look?.[Symbol.dispose]();
    this.#look = undefined;
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
    const { state, entries } = this.#actor;
    const attemptId = state.sandbox?.attemptId ?? null;
    const attempt = attemptId === null ? undefined : await this.#parts.supervisor.read(attemptId);
    const step = planLiveFire(state, entries, attempt);
    if (step.kind !== 'wait') await this.#take(step, attempt);
    if (attempt !== undefined && !hasEnded(attempt)) await this.#noteSamples(attempt.id);
  }

  async #take(step: Exclude<LiveFireStep, { kind: 'wait' }>, attempt: Attempt | undefined): Promise<void> {
    switch (step.kind) {
      case 'begin':
        return this.#begin();
      case 'inject':
        await this.#change(attempt, (current, nowMs) => startFault(current, step.fault, this.#byId, nowMs));
        return this.#note('busy', `The fault ${step.fault} is being injected.`);
      case 'rewind':
        await this.#change(attempt, (current, nowMs) => reset(current, 'fault', this.#byId, nowMs, step.fault));
        return this.#note('busy', `The sandbox goes back to the checkpoint, with ${step.fault}.`);
      case 'settle':
        return this.#note(
          'ready',
          step.fault === QUIET_FAULT ? 'The sandbox is ready, and the service is well.' : `The fault ${step.fault} is live.`,
        );
      case 'stuck':
        return this.#note('ready', `The sandbox did not follow: ${step.reason}`);
      case 'lost':
        return this.#note('gone', 'The sandbox has ended.');
      case 'finish':
        await this.#change(attempt, (current, nowMs) =>
          current.state === 'incident' ? askForVerdict(current, this.#byId, nowMs) : abandon(current, this.#byId, nowMs),
        );
        return this.#note('gone', 'The sandbox is being graded, and then let go.');
    }
  }

  /** The journal of an attempt names a person: whoever scheduled the drill. */
  get #byId(): string {
    return this.#actor.state.head.createdById;
  }

  async #begin(): Promise<void> {
    const { head, members } = this.#actor.state;
    const commander = members.find(({ role }) => role === 'commander');
    if (head.script.live === undefined || commander === undefined)
      return this.#note('failed', 'Nobody commands, so there is no team to make a sandbox for.');
    await this.#note('preparing', 'The sandbox is being made.');
    try {
      const attempt = await this.#parts.supervisor.request({
        personId: commander.personId,
        labSlug: head.script.live.lab,
        mode: 'incident',
        fault: QUIET_FAULT,
        incidentMinutes: ATTEMPT_MINUTES,
        members: members.filter(({ role }) => !isExerciseRole(role)).map(({ personId, role }) => ({ personId, role, joinedAtMs: null })),
      });
      await this.#note('preparing', 'The sandbox is being made.', attempt.id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await this.#note('failed', `There is no sandbox: ${error.message} ${error.remedy ?? ''} Play on as a tabletop.`);
    }
  }

  async #change(
    attempt: Attempt | undefined,
    plan: Parameters<NonNullable<ReturnType<Supervisor['find']>>['actor']['change']>[0],
  ): Promise<void> {
    await this.#parts.supervisor.find(attempt?.id ?? '')?.actor.change(plan);
  }

  async #note(sandbox: SandboxState, words: string, attemptId: string | null = null): Promise<void> {
    await this.#actor.change(null, () => [{ kind: 'sandbox', state: sandbox, attemptId, words }]);
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

function startFault(attempt: Attempt, fault: string, byId: string, nowMs: number): ReturnType<typeof startIncident> | undefined {
  return attempt.baseline === null ? undefined : startIncident(attempt, attempt.baseline, fault, byId, nowMs);
}

function toHappening({ atMs, failing }: EngineSample): Happening {
  const isUp = failing.length === 0;
  const seen = isUp ? 'Everything that users rely on holds.' : `Does not hold: ${failing.join('; ')}.`;
  return { kind: 'service', state: isUp ? 'up' : 'down', seen, failing, sampledAtMs: atMs };
}
