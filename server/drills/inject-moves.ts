import { AppError } from '../app-error.ts';
import type { DrillMove } from '../contract/drills.ts';
import type { Happening } from './drill-entry.ts';
import { requireInject, requireUnder, type MoveContext } from './drill-guards.ts';
import type { DrillState, InjectState } from './drill-state.ts';
import { readClock } from './scenario-clock.ts';

const MAX_INJECTS = 200;
/** Injects that are improvised are numbered from here, so that a script may grow without renumbering a record. */
const FIRST_IMPROVISED = 501;

type InjectMove = Extract<DrillMove, { move: 'fire' | 'skip' | 'edit' | 'improvise' | 'mark' | 'acknowledge' }>;

/** What people do with injects. Two who run a drill may press the same button: the second is told who was first. Pure; throws AppError. */
export function planInjectMove(move: InjectMove, context: MoveContext): readonly Happening[] {
  const { state } = context;
  switch (move.move) {
    case 'fire':
      requireUnder(state, 'fire injects');
      requirePending(requireInject(state, move.inject), context);
      return [{ kind: 'inject-fired', inject: move.inject }];
    case 'skip':
      if (state.status === 'ended') requireUnder(state, 'skip injects');
      requirePending(requireInject(state, move.inject), context);
      return [{ kind: 'inject-skipped', inject: move.inject, reason: move.reason }];
    case 'edit': {
      if (state.status === 'ended') requireUnder(state, 'change injects');
      const known = requireInject(state, move.inject);
      requirePending(known, context);
      return [{ kind: 'inject-edited', inject: move.inject, subject: move.subject, text: move.text, dueMs: move.atMs ?? known.dueMs }];
    }
    case 'improvise':
      return planImprovised(move.inject, context);
    case 'mark': {
      const known = requireInject(state, move.inject);
      if (known.fired === null)
        throw new AppError('Conflict', 'It has not been fired, so nothing can have come of it.', { remedy: 'Fire it first.' });
      return [{ kind: 'marked', inject: move.inject, outcome: move.outcome, note: move.note }];
    }
    case 'acknowledge':
      return planAcknowledged(requireInject(state, move.inject), context);
  }
}

/** What comes by itself now: injects whose time has come, in the order of their times. Pure. */
export function planDue(state: DrillState, nowMs: number): readonly Happening[] {
  if (state.status !== 'running') return [];
  const { scenarioMs } = readClock(state.clock, nowMs);
  return dueInjects(state)
    .filter(({ dueMs }) => dueMs <= scenarioMs)
    .map(({ number }) => ({ kind: 'inject-fired', inject: number }));
}

/** Milliseconds until something is due; undefined when nothing will be by itself. Pure. */
export function nextDueInMs(state: DrillState, nowMs: number): number | undefined {
  if (state.status !== 'running') return undefined;
  const next = dueInjects(state)[0];
  return next === undefined ? undefined : Math.max(0, next.dueMs - readClock(state.clock, nowMs).scenarioMs);
}

function dueInjects({ injects }: DrillState): readonly { readonly number: number; readonly dueMs: number }[] {
  return injects
    .flatMap(({ inject, state, dueMs }) => (state === 'pending' && dueMs !== null ? [{ number: inject.number, dueMs }] : []))
    .sort((a, b) => a.dueMs - b.dueMs || a.number - b.number);
}

function requirePending({ inject, state, fired }: InjectState, { nameOf }: MoveContext): void {
  if (state === 'skipped')
    throw new AppError('Conflict', `Inject ${inject.number} was skipped already.`, { remedy: 'Improvise it if you want it after all.' });
  if (fired === null) return;
  const who = fired.byId === null ? 'came by itself' : `was fired by ${nameOf(fired.byId)}`;
  throw new AppError('Conflict', `Inject ${inject.number} ${who} at ${clockText(fired.scenarioMs)} of scenario time.`, {
    remedy: 'Nothing more is to be done with it.',
  });
}

function planImprovised(wanted: Extract<DrillMove, { move: 'improvise' }>['inject'], { state, nowMs }: MoveContext): readonly Happening[] {
  requireUnder(state, 'be improvised upon');
  if (state.injects.length >= MAX_INJECTS)
    throw new AppError('Conflict', `There are ${MAX_INJECTS} injects already.`, { remedy: 'Edit one that has not come yet.' });
  const number = Math.max(FIRST_IMPROVISED - 1, ...state.injects.map(({ inject }) => inject.number)) + 1;
  const { scenarioMs } = readClock(state.clock, nowMs);
  const { atMs, ...rest } = wanted;
  const inject = { ...rest, number, notes: '', at: Math.max(atMs ?? 0, scenarioMs) };
  const improvised: Happening = { kind: 'inject-improvised', inject };
  return atMs === undefined || atMs <= scenarioMs ? [improvised, { kind: 'inject-fired', inject: number }] : [improvised];
}

/** Twice is once. */
function planAcknowledged({ inject, fired, acknowledgedBy }: InjectState, { state, actorId }: MoveContext): readonly Happening[] {
  requireUnder(state, 'be answered');
  const role = state.members.find(({ personId }) => personId === actorId)?.role;
  const reached = inject.to === 'everyone' || inject.to.some((to) => to === role);
  // What does not reach a role is answered like what does not exist, so that numbers tell nothing.
  if (fired === null || !reached) throw new AppError('NotFound', 'There is no such message for you.', { remedy: 'Reload the page.' });
  return acknowledgedBy.includes(actorId) ? [] : [{ kind: 'acknowledged', inject: inject.number }];
}

/** `1:05` minutes and seconds of scenario time, `-` never. */
export function clockText(scenarioMs: number): string {
  const seconds = Math.floor(scenarioMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
