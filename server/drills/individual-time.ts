import type { ScriptInject } from '../../scenarios/drills/drill-script.ts';
import type { DrillRole } from '../contract/drills.ts';
import type { DrillHead } from './drill-entry.ts';

interface Players {
  readonly head: Pick<DrillHead, 'extraPercent'>;
  readonly members: readonly { readonly personId: string; readonly role: DrillRole }[];
}

/**
 * By how much the time to answer an inject stretches: only where the answer is one person's alone, and that person had extra time when the drill was scheduled. What
 * several share keeps its time, and so does the drill's own clock. Pure.
 */
export function individualFactor({ head, members }: Players, { to }: Pick<ScriptInject, 'to'>): number {
  if (to === 'everyone') return 1;
  const [only, ...others] = members.filter(({ role }) => to.some((addressed) => addressed === role));
  return only === undefined || others.length > 0 ? 1 : 1 + (head.extraPercent?.[only.personId] ?? 0) / 100;
}
