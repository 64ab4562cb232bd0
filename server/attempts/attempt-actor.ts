import type { Clock } from '../clock.ts';
import { Semaphore } from '../semaphore.ts';
import type { Tx } from '../store/schema.ts';
import type { Attempt, Move } from './attempt.ts';
import { RevisionConflict, type AttemptRecords } from './attempt-records.ts';

/** A move, or undefined when there is nothing to change. Pure: it may throw AppError and must not keep what it is given. */
export type PlanMove = (attempt: Attempt, nowMs: number) => Move | undefined;

/** What is stored in the same transaction as a move. */
export type Along = (tx: Tx, attempt: Attempt) => Promise<void>;

/** Called with each new state after it was stored, by this server or by another one. */
export type OnChanged = (attempt: Attempt, byMe: boolean) => void;

/** Other servers move an attempt seldom and for a moment only, so that nobody loses this often in a row. */
const MAX_TRIES = 10;

/**
 * One attempt in memory. Changes take turns: each is planned on the newest state, stored, and only then seen by anybody, so that what was shown
 * survives a `kill -9`. When storing fails nothing has changed. What another server stored first is read, and the change planned anew.
 */
export class AttemptActor {
  readonly #records: AttemptRecords;
  readonly #clock: Clock;
  readonly #onChanged: OnChanged;
  #attempt: Attempt;
  readonly #turn = new Semaphore(1);
  #reading: Promise<void> | undefined;
  #isStale = false;

  constructor(attempt: Attempt, records: AttemptRecords, clock: Clock, onChanged: OnChanged) {
    this.#attempt = attempt;
    this.#records = records;
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  get attempt(): Attempt {
    return this.#attempt;
  }

  /**
   * `along` is stored in the same transaction as the move, and given the attempt as it then is; it is called again when the change is planned anew. Resolves with
   * the attempt as it then is.
   */
  change(plan: PlanMove, along?: Along): Promise<Attempt> {
    return this.#turn.run(async () => {
      for (let tries = 1; ; tries += 1) {
        const nowMs = this.#clock.now();
        const move = await this.#plan(plan, nowMs);
        if (move === undefined) return this.#attempt;
        try {
          await this.#records.save(move, nowMs, along);
        } catch (error) {
          if (!(error instanceof RevisionConflict) || tries === MAX_TRIES) throw error;
          await this.refresh();
          continue;
        }
        this.#set(move.attempt, true);
        return move.attempt;
      }
    });
  }

  /** Takes in what is stored; what is older than what is known is passed over. */
  see(attempt: Attempt): void {
    this.#set(attempt, false);
  }

  /** Reads what another server may have stored. Whoever asks while it is read gets what was stored before they asked. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readNewest().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Resolves when all changes asked for so far are done. */
  settled(): Promise<void> {
    return this.#turn.run(() => Promise.resolve());
  }

  #set(attempt: Attempt, byMe: boolean): void {
    if (attempt.revision <= this.#attempt.revision) return;
    this.#attempt = attempt;
    this.#onChanged(attempt, byMe);
  }

  /** What is refused may be so because of what another server has changed by now. */
  async #plan(plan: PlanMove, nowMs: number): Promise<Move | undefined> {
    const { revision } = this.#attempt;
    try {
      return plan(this.#attempt, nowMs);
    } catch (error) {
      await this.refresh().catch(() => undefined);
      if (this.#attempt.revision === revision) throw error;
      return plan(this.#attempt, nowMs);
    }
  }

  async #readNewest(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const stored = await this.#records.find(this.#attempt.id);
      if (stored !== undefined) this.see(stored);
    }
  }
}
