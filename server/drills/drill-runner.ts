import { messageOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { DrillActor } from './drill-actor.ts';
import type { DrillEntry, DrillHead } from './drill-entry.ts';
import type { DrillRecords } from './drill-records.ts';
import type { DrillState } from './drill-state.ts';
import { nextDueInMs, planDue } from './inject-moves.ts';
import type { LiveFire } from './live-fire.ts';

/** Somebody whose link is gone so long is away. Shorter gaps are a page that was loaded anew. */
const AWAY_AFTER_MS = 20_000;
/** A server that was away longer than this leaves it to people when the drill goes on. */
const GOES_ON_WITHIN_MS = 120_000;
const STORE_RETRY_MS = 5_000;

export interface RunnerParts {
  readonly records: DrillRecords;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChanged: (state: DrillState, isOurs: boolean) => void;
  /** Whose pages show it, whichever server they came to. */
  readonly pages: {
    readonly arrive: (personId: string) => Disposable;
    readonly hasPage: (personId: string) => boolean;
  };
  /** Absent: there is nothing to run live fire on. */
  readonly liveFire: ((actor: DrillActor) => LiveFire) | undefined;
}

/**
 * Keeps one drill going: fires what is due, notes who comes and goes, and hands faults to the live fire. Level-triggered: `reconsider` looks at the state and
 * sets the one timer that is needed, whatever happened before.
 */
export class DrillRunner implements AsyncDisposable {
  readonly actor: DrillActor;
  readonly #parts: RunnerParts;
  readonly #liveFire: LiveFire | undefined;
  readonly #leaving = new Map<string, Disposable>();
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(head: DrillHead, entries: readonly DrillEntry[], parts: RunnerParts) {
    this.#parts = parts;
    this.actor = new DrillActor(head, entries, {
      records: parts.records,
      clock: parts.clock,
      onChanged: (state, isOurs) => {
        this.reconsider();
        parts.onChanged(state, isOurs);
      },
    });
    if (head.mode === 'live-fire') this.#liveFire = parts.liveFire?.(this.actor);
  }

  /** After a time without any server: the clock stood meanwhile, and nobody is here until their page comes back. */
  async resume(lastAliveMs: number): Promise<void> {
    const { clock } = this.#parts;
    const then = { atMs: lastAliveMs };
    // The clock first: while it runs, whatever came due since then would come now.
    await this.actor.change(
      null,
      ({ status }) => (status === 'running' ? [{ kind: 'paused', reason: 'The server was restarted.' }] : []),
      then,
    );
    for (const { personId, presence } of this.actor.state.members) {
      if (presence === 'here') await this.actor.change(personId, () => [{ kind: 'went', asked: false }], then);
    }
    if (clock.now() - lastAliveMs <= GOES_ON_WITHIN_MS) await this.actor.change(null, planGoingOn);
    this.reconsider();
  }

  /** A page shows the drill; of who has a part in it, it is noted. Disposing it is the page's end. */
  arrive(personId: string): Disposable {
    const page = this.#parts.pages.arrive(personId);
    this.#noteComing(personId);
    return page;
  }

  /** Somebody has a role from now on: with the page open they are here already. */
  welcome(personId: string): void {
    if (this.#parts.pages.hasPage(personId)) this.#noteComing(personId);
  }

  /** The person's first page came, or their last one went: here, at another server, or with one that is gone. */
  reconsiderPresence(personId: string): void {
    this.#leaving.get(personId)?.[Symbol.dispose]();
    this.#leaving.delete(personId);
    if (this.#disposed) return;
    if (this.#parts.pages.hasPage(personId)) this.#noteComing(personId);
    else
      this.#leaving.set(
        personId,
        this.#parts.clock.after(AWAY_AFTER_MS, () => this.#noteGoing(personId)),
      );
  }

  /** Sets the timer for what is due next. */
  reconsider(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#liveFire?.reconsider();
    const delayMs = this.#disposed ? undefined : nextDueInMs(this.actor.state, this.#parts.clock.now());
    if (delayMs !== undefined) this.#timer = this.#parts.clock.after(delayMs, () => void this.#fireDue());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.reconsider();
    for (const timer of this.#leaving.values()) timer[Symbol.dispose]();
    await this.#liveFire?.[Symbol.asyncDispose]();
    await this.actor.settled();
  }

  async #fireDue(): Promise<void> {
    try {
      const fired = await this.actor.change(null, (state, _entries, nowMs) => planDue(state, nowMs));
      if (fired.length === 0) this.reconsider();
    } catch (error) {
      this.#parts.log.warn({ reason: messageOf(error), drillId: this.actor.state.head.id }, 'injects that are due could not be stored');
      if (!this.#disposed) this.#timer = this.#parts.clock.after(STORE_RETRY_MS, () => void this.#fireDue());
    }
  }

  #noteGoing(personId: string): void {
    this.#leaving.delete(personId);
    this.#note(personId, ({ members, status }) => {
      const isHere = members.some((known) => known.personId === personId && known.presence === 'here');
      return isHere && status !== 'ended' ? [{ kind: 'went', asked: false }] : [];
    });
  }

  #noteComing(personId: string): void {
    this.#note(personId, ({ members, status }) => {
      const member = members.find((known) => known.personId === personId);
      return member === undefined || member.presence === 'here' || status === 'ended' ? [] : [{ kind: 'came' }];
    });
  }

  /** For what nobody waits for. */
  #note(personId: string, plan: Parameters<DrillActor['change']>[1]): void {
    this.actor.change(personId, plan).catch((error: unknown) => {
      this.#parts.log.warn({ reason: messageOf(error), drillId: this.actor.state.head.id }, 'who came and went could not be stored');
    });
  }
}

/** Only what the restart stopped goes on by itself. */
function planGoingOn(state: DrillState, entries: readonly DrillEntry[]): ReturnType<Parameters<DrillActor['change']>[1]> {
  const last = entries.findLast(({ what }) => what.kind === 'paused' || what.kind === 'resumed');
  return state.status === 'paused' && last?.actorId === null && last.what.kind === 'paused' ? [{ kind: 'resumed' }] : [];
}
