import { messageOf } from '../app-error.ts';
import { repeat, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { SubstrateHealth } from '../sandboxes/substrate.ts';
import type { AttemptRunner } from './attempt-runner.ts';
import type { AttemptSharing } from './attempt-sharing.ts';
import type { HolderRecords } from './holder-records.ts';
import { resumeAfterRestart } from './platform-moves.ts';

/** Told when this server begins and when it ceases to keep an attempt going. */
export type OnHeld = (attemptId: string, isHeld: boolean) => void;

export interface HoldingParts {
  readonly replicas: Replicas;
  readonly sharing: AttemptSharing;
  readonly holders: HolderRecords;
  /** When any server was alive last, for attempts of which nobody noted who held them. */
  readonly lastAlive: { read(): Promise<number | undefined>; write(atMs: number): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
  readonly running: () => readonly AttemptRunner[];
  readonly healthUnder: (runner: AttemptRunner) => SubstrateHealth;
}

/** How exactly a crash is dated; clocks are given back what was lost, to this grain. */
const ALIVE_EVERY_MS = 5_000;
/** When the database did not answer. */
const TRY_AGAIN_MS = 3_000;
/** Words that a lease is free may be lost; this is how long nobody would notice. */
const LOOK_FOR_FREE_EVERY_MS = 15_000;

/** Which attempts this server keeps going, and how it comes to that. */
export class AttemptHolding implements AsyncDisposable {
  readonly #parts: HoldingParts;
  readonly #listeners = new Set<OnHeld>();
  /** Being taken up, and whether somebody asked for it again meanwhile. */
  readonly #takingUp = new Map<string, { again: boolean }>();
  readonly #timers: Disposable[] = [];
  #ended = false;

  constructor(parts: HoldingParts) {
    this.#parts = parts;
  }

  /** Notes from now on that this server lives, and looks for what nobody holds. */
  async begin(): Promise<void> {
    const { clock, replicas } = this.#parts;
    this.#timers.push(repeat(clock, ALIVE_EVERY_MS, () => this.#noteAlive()));
    if (replicas.several)
      this.#timers.push(
        repeat(clock, LOOK_FOR_FREE_EVERY_MS, async () => {
          this.takeUpFree(undefined);
        }),
      );
    await this.#noteAlive();
  }

  /** Called at once for what is held already. */
  subscribe(listener: OnHeld): Disposable {
    this.#listeners.add(listener);
    for (const runner of this.#parts.running()) if (runner.leads) listener(runner.actor.attempt.id, true);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Keeps the attempt going if nobody else does. What cannot be stored now is tried again. */
  async takeUp(runner: AttemptRunner, { isNew }: { readonly isNew: boolean }): Promise<void> {
    const { clock, log } = this.#parts;
    const { id } = runner.actor.attempt;
    const under = this.#takingUp.get(id);
    if (under !== undefined) under.again = true;
    if (this.#ended || runner.leads || under !== undefined) return;
    const asked = { again: false };
    this.#takingUp.set(id, asked);
    try {
      await this.#take(runner, isNew);
    } catch (error) {
      log.warn({ err: error, attemptId: id }, 'an attempt could not be taken up');
      clock.after(TRY_AGAIN_MS, () => void this.takeUp(runner, { isNew: false }));
    } finally {
      this.#takingUp.delete(id);
    }
    if (asked.again) await this.takeUp(runner, { isNew: false });
  }

  /** Undefined: of all attempts that this server does not hold. */
  takeUpFree(attemptId: string | undefined): void {
    for (const runner of this.#parts.running())
      if (attemptId === undefined || runner.actor.attempt.id === attemptId) void this.takeUp(runner, { isNew: false });
  }

  /** Another server may have it by now. */
  letGo(attemptId: string, runner: AttemptRunner | undefined): void {
    void runner?.follow();
    this.#tell(attemptId, false);
  }

  /** Nothing is left to do for it. */
  async forget(attemptId: string, wasHeld: boolean): Promise<void> {
    const { holders, sharing, log } = this.#parts;
    try {
      if (wasHeld) await holders.forget(attemptId);
    } catch (error) {
      log.warn({ reason: messageOf(error), attemptId }, 'who held an attempt could not be forgotten');
    }
    await sharing.release(attemptId);
    if (wasHeld) this.#tell(attemptId, false);
  }

  /** Stops what is under way and gives back what is held: another server goes on at once, or the next start does. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { running, sharing } = this.#parts;
    this.#ended = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    const held = running().filter((runner) => runner.leads);
    await Promise.all(running().map((runner) => runner[Symbol.asyncDispose]()));
    await this.#noteAlive();
    await Promise.all(held.map(({ actor }) => sharing.release(actor.attempt.id)));
  }

  /** The first thing is a new revision: whatever the holder before still wanted to store comes too late. */
  async #take(runner: AttemptRunner, isNew: boolean): Promise<void> {
    const { sharing, holders, lastAlive, clock, healthUnder } = this.#parts;
    const { actor } = runner;
    const { id } = actor.attempt;
    if (!(await sharing.take(id))) return;
    if (!isNew) {
      const aliveMs = (await holders.lastAliveOf(id)) ?? (await lastAlive.read()) ?? clock.now();
      await actor.refresh();
      await actor.change((current, nowMs) => resumeAfterRestart(current, aliveMs, nowMs));
    }
    if (actor.attempt.released) {
      // Who held it let go because nothing is left to do.
      await sharing.release(id);
      return;
    }
    await holders.noteHeld(id);
    if (!sharing.isHeld(id)) return;
    await runner.lead(healthUnder(runner));
    this.#tell(id, true);
  }

  #tell(attemptId: string, isHeld: boolean): void {
    for (const listener of this.#listeners) listener(attemptId, isHeld);
  }

  /** Not while this server is cut off from the others: then it keeps nothing going, and clocks are given that back as well. */
  async #noteAlive(): Promise<void> {
    const { replicas, clock, lastAlive, holders, log } = this.#parts;
    if (replicas.trouble !== undefined) return;
    try {
      await Promise.all([lastAlive.write(clock.now()), holders.noteAlive(clock.now())]);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the time of this server could not be stored');
    }
  }
}
