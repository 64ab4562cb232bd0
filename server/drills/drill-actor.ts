import type { Clock } from '../clock.ts';
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
  readonly onChanged: (state: DrillState) => void;
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
 * one after the other, and the second is planned on what the first has done.
 */
export class DrillActor {
  readonly #parts: DrillActorParts;
  #state: DrillState;
  #entries: readonly DrillEntry[];
  #turn: Promise<unknown> = Promise.resolve();

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
    const change = this.#turn.then(async () => {
      const { clock, onChanged } = this.#parts;
      const nowMs = Math.max(atMs ?? clock.now(), this.#entries.at(-1)?.atMs ?? 0);
      const added = stampEntries(this.#state, plan(this.#state, this.#entries, nowMs), actorId, nowMs);
      if (added.entries.length === 0 || !(await this.#store(added, within))) return [];
      this.#state = added.state;
      this.#entries = [...this.#entries, ...added.entries];
      onChanged(this.#state);
      return added.entries;
    });
    this.#turn = change.catch(() => undefined);
    return change;
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
