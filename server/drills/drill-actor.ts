import type { Clock } from '../clock.ts';
import { againOnDuplicate } from '../store/again-on-duplicate.ts';
import type { Tx } from '../store/schema.ts';
import type { DrillEntry, DrillHead, Happening } from './drill-entry.ts';
import { planEvidence } from './drill-evidence.ts';
import type { DrillRecords } from './drill-records.ts';
import { applyEntry, foldEntries, type DrillState } from './drill-state.ts';
import { readClock } from './scenario-clock.ts';

/** What happens next, planned on the newest state. Pure: it may throw AppError. */
export type PlanHappenings = (state: DrillState, entries: readonly DrillEntry[], nowMs: number) => readonly Happening[];

export interface DrillActorParts {
  readonly records: DrillRecords;
  readonly clock: Clock;
  /** `isOurs`: by a change that was made here, and not read from the store. */
  readonly onChanged: (state: DrillState, isOurs: boolean) => void;
}

/** What goes with a change, or stores it along with something else. */
export interface ChangeOptions {
  /** Dates what is noted later than it happened, never before the last entry. */
  readonly atMs?: number;
  /** Does something else in one transaction with storing the entries. When it does not call `store`, nothing is added. */
  readonly within?: (store: (tx: Tx) => Promise<void>) => Promise<unknown>;
}

/**
 * One drill in memory. Changes take turns: each is planned on the newest state, stored, and only then seen by anybody. Two who press the same button are thus
 * one after the other, and the second is planned on what the first has done; so it is when the first pressed it on another server, whose entry then has the number
 * that the second one's was to have.
 */
export class DrillActor {
  readonly #parts: DrillActorParts;
  #state: DrillState;
  #entries: readonly DrillEntry[];
  #turn: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;

  constructor(head: DrillHead, entries: readonly DrillEntry[], parts: DrillActorParts) {
    this.#parts = parts;
    this.#entries = entries;
    this.#state = foldEntries(head, entries);
  }

  get state(): DrillState {
    return this.#state;
  }

  get entries(): readonly DrillEntry[] {
    return this.#entries;
  }

  /** Resolves with what was added. */
  change(actorId: string | null, plan: PlanHappenings, { atMs, within }: ChangeOptions = {}): Promise<readonly DrillEntry[]> {
    const once = async (): Promise<readonly DrillEntry[]> => {
      const nowMs = Math.max(atMs ?? this.#parts.clock.now(), this.#entries.at(-1)?.atMs ?? 0);
      const added = stampEntries(this.#state, plan(this.#state, this.#entries, nowMs), actorId, nowMs);
      if (added.entries.length === 0 || !(await this.#store(added, within))) return [];
      this.#take(added, true);
      return added.entries;
    };
    return this.#inTurn(() => againOnDuplicate(once, () => this.#readNew()));
  }

  /** Reads what other servers added. Whoever asks while nobody has begun to read is answered by the same look. */
  refresh(): Promise<void> {
    this.#reading ??= this.#inTurn(async () => {
      this.#reading = undefined;
      await this.#readNew();
    });
    return this.#reading;
  }

  async #readNew(): Promise<void> {
    const entries = await this.#parts.records.entriesAfter(this.#state.head.id, this.#state.lastSeq);
    if (entries.length > 0) this.#take({ state: entries.reduce(applyEntry, this.#state), entries }, false);
  }

  #take({ state, entries }: Stamped, isOurs: boolean): void {
    this.#state = state;
    this.#entries = [...this.#entries, ...entries];
    this.#parts.onChanged(state, isOurs);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #store({ state, entries }: Stamped, within: ChangeOptions['within']): Promise<boolean> {
    const { records } = this.#parts;
    const { id } = state.head;
    if (within === undefined) {
      await records.append(id, entries, planEvidence(state, [...this.#entries, ...entries], entries));
      return true;
    }
    let stored = false;
    await within(async (tx) => {
      await records.appendWithin(tx, id, entries);
      stored = true;
    });
    return stored;
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#turn;
  }
}

interface Stamped {
  readonly state: DrillState;
  readonly entries: readonly DrillEntry[];
}

/** Gives happenings their numbers and times, each on what the one before it made of the drill. Pure. */
export function stampEntries(state: DrillState, happenings: readonly Happening[], actorId: string | null, nowMs: number): Stamped {
  const entries: DrillEntry[] = [];
  let next = state;
  for (const what of happenings) {
    const entry: DrillEntry = { seq: next.lastSeq + 1, atMs: nowMs, ...readClock(next.clock, nowMs), actorId, what };
    entries.push(entry);
    next = applyEntry(next, entry);
  }
  return { state: next, entries };
}
