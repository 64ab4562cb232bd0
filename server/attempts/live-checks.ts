import type { CheckResult } from '../../grader/verdict.ts';
import { StageError } from '../../labs/lab-stage.ts';
import { AppError, messageOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { currentStep, isWorking, type Attempt } from './attempt.ts';
import type { AttemptActor } from './attempt-actor.ts';
import { platformBack, platformLost } from './platform-moves.ts';
import type { SharedTally } from '../replicas/shared-tally.ts';
import type { Semaphore } from '../semaphore.ts';
import { checked } from './step-moves.ts';

const EVERY_MS = 3_000;
/** One failed round is a hiccup, two are trouble. */
const ROUNDS_BEFORE_TROUBLE = 2;

export interface LiveCheckParts {
  readonly actor: AttemptActor;
  readonly clock: Clock;
  readonly atOnce: Semaphore;
  readonly log: Logger;
  /** Who looks at which attempt, on any server. */
  readonly watching: SharedTally;
  /** Whether this server is the one that checks. */
  readonly isHeld: () => boolean;
  /** `quietly` at every tick, `fully` when somebody asks: some checks try things out. */
  readonly check: (stepId: string, way: 'fully' | 'quietly') => Promise<readonly CheckResult[]>;
}

/** Checks the open step every few seconds while somebody watches, on the server that keeps the attempt going; one round at a time, however many ask. */
export class LiveChecks implements Disposable {
  readonly #parts: LiveCheckParts;
  #timer: Disposable | undefined;
  #round: Promise<void> | undefined;
  #failedRounds = 0;
  #ended = false;

  constructor(parts: LiveCheckParts) {
    this.#parts = parts;
  }

  /** Checks run, wherever the attempt is kept going, until the last watcher on any server is disposed. */
  watch(): Disposable {
    const watcher = this.#parts.watching.add(this.#parts.actor.attempt.id);
    this.reconsider();
    return {
      [Symbol.dispose]: () => {
        watcher[Symbol.dispose]();
        this.reconsider();
      },
    };
  }

  /** Checks now. A round that is under way is waited for, and another made, because it may have looked too early. */
  async checkNow(): Promise<void> {
    await this.#round;
    await this.#begin('fully');
  }

  /** Starts or stops the ticking, after a change. */
  reconsider(): void {
    const { watching, actor, isHeld, clock } = this.#parts;
    const wanted = !this.#ended && isHeld() && watching.total(actor.attempt.id) > 0 && stepToCheck(actor.attempt) !== undefined;
    if (!wanted) {
      this.#timer?.[Symbol.dispose]();
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined || this.#round !== undefined) return;
    this.#timer = clock.after(EVERY_MS, () => {
      this.#timer = undefined;
      if (isHeld()) void this.#begin('quietly');
    });
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.reconsider();
  }

  #begin(way: 'fully' | 'quietly'): Promise<void> {
    this.#round ??= this.#runRound(way).finally(() => {
      this.#round = undefined;
      this.reconsider();
    });
    return this.#round;
  }

  async #runRound(way: 'fully' | 'quietly'): Promise<void> {
    const { actor, atOnce, check } = this.#parts;
    const stepId = stepToCheck(actor.attempt);
    if (stepId === undefined) return;
    try {
      const results = await atOnce.run(() => check(stepId, way));
      const wasInTrouble = this.#failedRounds >= ROUNDS_BEFORE_TROUBLE;
      this.#failedRounds = 0;
      if (wasInTrouble) await actor.change(platformBack);
      await actor.change((attempt, nowMs) => checked(attempt, stepId, results, nowMs));
    } catch (error) {
      await this.#failed(error);
    }
  }

  /** The trainee's mistakes are results, so whatever is thrown is the platform's fault: the clock stops until it answers again. */
  async #failed(error: unknown): Promise<void> {
    const { actor, log } = this.#parts;
    this.#failedRounds += 1;
    log.warn({ reason: messageOf(error), rounds: this.#failedRounds }, 'the checks of a step could not be made');
    if (this.#failedRounds < ROUNDS_BEFORE_TROUBLE || this.#ended || error instanceof AppError) return;
    const why = error instanceof StageError ? ` (${error.message})` : '';
    const reason = `Your work cannot be checked at the moment. The clock stands still until it can.${why}`;
    await actor
      .change((attempt, nowMs) => platformLost(attempt, reason, nowMs))
      .catch((failure: unknown) => log.warn({ reason: messageOf(failure) }, 'trouble could not be stored'));
  }
}

function stepToCheck(attempt: Attempt): string | undefined {
  return isWorking(attempt) && attempt.operation === null ? currentStep(attempt)?.id : undefined;
}
