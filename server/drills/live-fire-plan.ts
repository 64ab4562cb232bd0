import { QUIET_FAULT } from '../../scenarios/drills/script-references.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import type { DrillEntry } from './drill-entry.ts';
import { isUndone, type DrillState } from './drill-state.ts';

/** What live fire does next. `wait`: something is under way in the sandbox, or nothing is to be done. */
export type LiveFireStep =
  | { readonly kind: 'begin' }
  /** The fault of this inject, in place of what is live. */
  | { readonly kind: 'inject'; readonly fault: string }
  /** Back to the healthy state, and from there to what was live at the checkpoint. */
  | { readonly kind: 'rewind'; readonly fault: string }
  /** What was asked for is done. */
  | { readonly kind: 'settle'; readonly fault: string }
  /** What was asked for was given up. */
  | { readonly kind: 'stuck'; readonly reason: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'wait' };

const wait: LiveFireStep = { kind: 'wait' };

/**
 * From the drill and its team's attempt alone, so that a restart goes on where it stood: entries of the kind `sandbox` say what was asked of it last, and whatever
 * came after the last of them is still to be done. Pure.
 */
export function planLiveFire(state: DrillState, entries: readonly DrillEntry[], attempt: Attempt | undefined): LiveFireStep {
  const { sandbox, status } = state;
  if (status === 'scheduled') return wait;
  if (attempt === undefined || sandbox === null) return status === 'ended' || sandbox?.state === 'failed' ? wait : { kind: 'begin' };
  if (hasEnded(attempt) || attempt.state === 'grading') return sandbox.state === 'gone' ? wait : { kind: 'lost' };
  if (status === 'ended') return attempt.operation === null || attempt.state !== 'incident' ? { kind: 'finish' } : wait;
  if (attempt.operation === null && attempt.trouble !== null && sandbox.state === 'busy') return { kind: 'stuck', reason: attempt.trouble };
  if (attempt.state !== 'incident' || attempt.operation !== null) return wait;
  const asked = entries.findLast(({ what }) => what.kind === 'sandbox' && what.state !== 'preparing')?.seq ?? 0;
  const open = entries.filter((entry) => entry.seq > asked && !isUndone(state, entry) && isOrder(state, entry)).at(-1);
  if (open?.what.kind === 'rewound') return { kind: 'rewind', fault: state.service?.state === 'up' ? QUIET_FAULT : liveFault(state) };
  if (open !== undefined) return { kind: 'inject', fault: liveFault(state) };
  return sandbox.state === 'ready' ? wait : { kind: 'settle', fault: attempt.injection?.fault ?? QUIET_FAULT };
}

function isOrder(state: DrillState, { what }: DrillEntry): boolean {
  if (what.kind === 'rewound') return true;
  return what.kind === 'inject-fired' && faultOf(state, what.inject) !== undefined;
}

/** Of the fault injects that came, the last one's. */
function liveFault(state: DrillState): string {
  const fired = state.injects.filter((known) => known.fired !== null && known.inject.fault !== undefined);
  const last = fired.sort((a, b) => (a.fired?.atMs ?? 0) - (b.fired?.atMs ?? 0)).at(-1);
  return last?.inject.fault ?? QUIET_FAULT;
}

function faultOf(state: DrillState, number: number): string | undefined {
  return state.injects.find(({ inject }) => inject.number === number)?.inject.fault;
}
