import type { Clock } from '../clock.ts';
import type { DrillEntry, DrillHead, Happening } from './drill-entry.ts';
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

  /** `atMs` dates what is noted later than it happened, never before the last entry. Resolves with what was added. */
  change(actorId: string | null, plan: PlanHappenings, atMs?: number): Promise<readonly DrillEntry[]> {
    const change = this.#turn.then(async () => {
      const { records, clock, onChanged } = this.#parts;
      const nowMs = Math.max(atMs ?? clock.now(), this.#entries.at(-1)?.atMs ?? 0);
      const added = stampEntries(this.#state, plan(this.#state, this.#entries, nowMs), actorId, nowMs);
      if (added.entries.length === 0) return [];
      await records.append(this.#state.head.id, added.entries);
      this.#state = added.state;
      this.#entries = [...this.#entries, ...added.entries];
      onChanged(this.#state);
      return added.entries;
    });
    this.#turn = change.catch(() => undefined);
    return change;
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#turn;
  }
}

/** Gives happenings their numbers and times, each on what the one before it made of the drill. Pure. */
export function stampEntries(
  state: DrillState,
  happenings: readonly Happening[],
  actorId: string | null,
  nowMs: number,
): { readonly state: DrillState; readonly entries: readonly DrillEntry[] } {
  const entries: DrillEntry[] = [];
  let next = state;
  for (const what of happenings) {
    const entry: DrillEntry = { seq: next.lastSeq + 1, atMs: nowMs, ...readClock(next.clock, nowMs), actorId, what };
    entries.push(entry);
    next = applyEntry(next, entry);
  }
  return { state: next, entries };
}
