import { AppError, notFound } from '../app-error.ts';
import type { DrillEntry } from './drill-entry.ts';
import type { DrillState, InjectState } from './drill-state.ts';

/** What moves are planned on. */
export interface MoveContext {
  readonly state: DrillState;
  readonly entries: readonly DrillEntry[];
  readonly actorId: string;
  readonly nowMs: number;
  readonly nameOf: (personId: string) => string;
}

export function requireInject({ injects }: DrillState, number: number): InjectState {
  const known = injects.find(({ inject }) => inject.number === number);
  if (known === undefined) throw notFound('inject in this drill');
  return known;
}

export function requireUnder({ status }: DrillState, what: string): void {
  if (status === 'scheduled')
    throw new AppError('Conflict', `The drill has not begun, so it cannot ${what}.`, { remedy: 'Start it first.' });
  if (status === 'ended') throw new AppError('Conflict', `The drill is over and cannot ${what}.`, { remedy: 'Its record stays as it is.' });
}
