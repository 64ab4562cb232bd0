import type { DrillMove } from '../contract/drills.ts';

/** What steers a drill; what is said and done in it is in its own record. */
export const AUDITED: ReadonlySet<DrillMove['move']> = new Set<DrillMove['move']>([
  'start',
  'pause',
  'resume',
  'fire',
  'skip',
  'edit',
  'improvise',
  'service',
  'jump',
  'rewind',
  'give-role',
  'take-part-away',
  'end',
  'rate-objective',
  'rate-communication',
]);

/** Which inject, whose role: enough to find it in the record, without what was written. */
export function auditDetail(made: DrillMove): Readonly<Record<string, unknown>> {
  switch (made.move) {
    case 'jump':
      return { toMs: made.toMs, between: made.between };
    case 'rewind':
      return { checkpoint: made.checkpoint };
    case 'fire':
    case 'skip':
    case 'edit':
      return { inject: made.inject };
    case 'give-role':
      return { person: made.personId, role: made.role };
    case 'take-part-away':
      return { person: made.personId };
    case 'rate-objective':
      return { objective: made.objective, rating: made.rating };
    default:
      return {};
  }
}
