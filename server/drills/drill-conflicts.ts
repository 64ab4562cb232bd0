import { AppError } from '../app-error.ts';
import type { DrillMove } from '../contract/drills.ts';
import type { DrillEntry, Happening, HappeningKind } from './drill-entry.ts';
import type { MoveContext } from './drill-guards.ts';
import { tellEntry } from './timeline.ts';

const CLOCK: readonly HappeningKind[] = ['started', 'paused', 'resumed', 'jumped', 'rewound'];

/**
 * Refuses a move that was chosen on a page which did not show yet what somebody else had just done to the same thing: the clock, an inject, a person's role,
 * the state of the service. `seen` is the number of the last entry on that page; what the engine and the players do is in nobody's way. Pure; throws AppError.
 */
export function requireUnopposed(move: DrillMove, seen: number, { state, entries, actorId, nameOf }: MoveContext): void {
  const opposing = entries.findLast(
    ({ seq, actorId: byId, what }) => seq > seen && byId !== null && byId !== actorId && isOpposed(move, what),
  );
  if (opposing === undefined) return;
  throw new AppError('Conflict', `${nameOf(opposing.actorId ?? '')} was faster. ${wordsOf(opposing, { state, nameOf })}`, {
    remedy: 'Look at it as it is now, and do it again if you still want it.',
  });
}

function isOpposed(move: DrillMove, what: Happening): boolean {
  switch (move.move) {
    case 'pause':
    case 'resume':
    case 'jump':
    case 'rewind':
      return CLOCK.includes(what.kind);
    case 'end':
      return what.kind === 'rewound' || what.kind === 'jumped';
    case 'fire':
    case 'skip':
    case 'edit':
      return what.kind === 'rewound' || (what.kind === 'inject-edited' && what.inject === move.inject);
    case 'mark':
      return what.kind === 'marked' && what.inject === move.inject;
    case 'service':
      return what.kind === 'service';
    case 'give-role':
    case 'take-part-away':
      return (what.kind === 'role-given' || what.kind === 'part-taken-away') && what.personId === move.personId;
    default:
      return false;
  }
}

function wordsOf(entry: DrillEntry, { state, nameOf }: Pick<MoveContext, 'state' | 'nameOf'>): string {
  const { words, detail } = tellEntry(state, entry, (id) => ({ id, name: nameOf(id) }));
  return entry.what.kind === 'inject-edited' || entry.what.kind === 'service' ? `${words} ${detail}` : words;
}
