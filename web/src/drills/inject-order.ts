import type { InjectView } from '../../../server/contract/drills.ts';

export interface SortedInjects {
  /** By the time at which they come by themselves. */
  readonly next: readonly InjectView[];
  /** Contingencies that nothing has called for. */
  readonly inReserve: readonly InjectView[];
  /** What was fired or skipped, the newest first. */
  readonly done: readonly InjectView[];
}

/** The list as whoever runs the drill needs it: what comes, what may come, what was. Pure. */
export function sortInjects(list: readonly InjectView[]): SortedInjects {
  const pending = list.filter(({ state }) => state === 'pending');
  return {
    next: pending.filter(({ dueMs }) => dueMs !== null).sort((a, b) => (a.dueMs ?? 0) - (b.dueMs ?? 0) || a.number - b.number),
    inReserve: pending.filter(({ dueMs }) => dueMs === null),
    done: list.filter(({ state }) => state !== 'pending').sort((a, b) => (b.firedMs ?? -1) - (a.firedMs ?? -1) || b.number - a.number),
  };
}
