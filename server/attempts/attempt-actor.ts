import type { Clock } from '../clock.ts';
import type { Tx } from '../store/schema.ts';
import type { Attempt, Move } from './attempt.ts';
import type { AttemptRecords } from './attempt-records.ts';

/** A move, or undefined when there is nothing to change. Pure: it may throw AppError and must not keep what it is given. */
export type PlanMove = (attempt: Attempt, nowMs: number) => Move | undefined;

/**
 * One attempt in memory. Changes take turns: each is planned on the newest state, stored, and only then seen by anybody, so that what was shown
 * survives a `kill -9`. When storing fails nothing has changed.
 */
export class AttemptActor {
  readonly #records: AttemptRecords;
  readonly #clock: Clock;
  readonly #onChanged: (attempt: Attempt) => void;
  #attempt: Attempt;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(attempt: Attempt, records: AttemptRecords, clock: Clock, onChanged: (attempt: Attempt) => void) {
    this.#attempt = attempt;
    this.#records = records;
    this.#clock = clock;
    this.#onChanged = onChanged;
  }

  get attempt(): Attempt {
    return this.#attempt;
  }

  /** `along` is stored in the same transaction as the move, and given the attempt as it then is. Resolves with the attempt as it then is. */
  change(plan: PlanMove, along?: (tx: Tx, attempt: Attempt) => Promise<void>): Promise<Attempt> {
    const change = this.#turn.then(async () => {
      const nowMs = this.#clock.now();
      const move = plan(this.#attempt, nowMs);
      if (move === undefined) return this.#attempt;
      await this.#records.save(move, nowMs, along);
      this.#attempt = move.attempt;
      this.#onChanged(move.attempt);
      return move.attempt;
    });
    this.#turn = change.catch(() => undefined);
    return change;
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#turn;
  }
}
