import { AppError, notFound } from '../app-error.ts';
import type { DrillMove, DrillRole } from '../contract/drills.ts';
import type { Happening } from './drill-entry.ts';
import { requireInject, requireUnder, type MoveContext } from './drill-guards.ts';
import type { DrillState } from './drill-state.ts';
import { ROLE_WORDS } from './drill-members.ts';
import { planInjectMove } from './inject-moves.ts';
import { readClock } from './scenario-clock.ts';

/** Together with what the engine adds by itself a drill stays readable, and in memory. */
const MAX_ENTRIES = 6_000;
const MAX_CHECKPOINTS = 20;

/** What a move makes happen; nothing when it is so already. Whether somebody may make it was decided before. Pure; throws AppError. */
export function planMove(move: DrillMove, context: MoveContext): readonly Happening[] {
  const { state } = context;
  if (context.entries.length >= MAX_ENTRIES && move.move !== 'end')
    throw new AppError('Conflict', `This drill's record is full (${MAX_ENTRIES} entries).`, { remedy: 'End the drill.' });
  switch (move.move) {
    case 'start':
      return planStart(state);
    case 'pause':
      requireUnder(state, 'be paused');
      return state.status === 'paused' ? [] : [{ kind: 'paused', reason: move.reason }];
    case 'resume':
      requireUnder(state, 'go on');
      return state.status === 'running' ? [] : [{ kind: 'resumed' }];
    case 'jump':
      return planJump(move.toMs, move.between, context);
    case 'fire':
    case 'skip':
    case 'edit':
    case 'improvise':
    case 'mark':
    case 'acknowledge':
      return planInjectMove(move, context);
    case 'checkpoint':
      requireUnder(state, 'have a checkpoint');
      if (state.checkpoints.length >= MAX_CHECKPOINTS)
        throw new AppError('Conflict', `There are ${MAX_CHECKPOINTS} checkpoints already.`, {
          remedy: 'Rewind to one of them, or go on without.',
        });
      return [{ kind: 'checkpoint', id: context.entries.length + 1, label: move.label }];
    case 'rewind':
      requireUnder(state, 'be rewound');
      if (!state.checkpoints.some(({ id }) => id === move.checkpoint)) throw notFound('checkpoint in this drill');
      return [{ kind: 'rewound', checkpoint: move.checkpoint }];
    case 'service':
      requireUnder(state, 'show a state of the service');
      if (state.head.mode === 'live-fire')
        throw new AppError('Conflict', 'In live fire the service is probed, and not described.', { remedy: 'Look at the samples.' });
      return [{ kind: 'service', state: move.state, seen: move.seen, failing: move.state === 'up' ? [] : [move.seen] }];
    case 'give-role':
      return planRole(move.personId, move.role, context);
    case 'take-part-away':
      return planTakingAway(move.personId, context);
    case 'end':
      if (state.status === 'ended') return [];
      return [{ kind: 'ended' }];
    default:
      return planWords(move, context);
  }
}

type Words = Extract<
  DrillMove,
  {
    move:
      | 'confirm'
      | 'note'
      | 'rate-objective'
      | 'rate-communication'
      | 'hot-wash'
      | 'act'
      | 'suppose'
      | 'declare'
      | 'status'
      | 'say'
      | 'leave';
  }
>;

/** What people say, write and judge. */
function planWords(move: Words, context: MoveContext): readonly Happening[] {
  const { state } = context;
  switch (move.move) {
    case 'act':
      requireUnder(state, 'note what was done');
      return [{ kind: 'acted', text: move.text, inject: firedNumber(state, move.inject) }];
    case 'suppose':
      requireUnder(state, 'note what is supposed');
      return [{ kind: 'supposed', text: move.text, inject: firedNumber(state, move.inject) }];
    case 'declare':
      requireUnder(state, 'note a declaration');
      return [{ kind: 'declared', what: move.what, text: move.text }];
    case 'status':
      return planStatus(move.update, context);
    case 'say':
      return planSaying(move.to, move.text, state);
    case 'leave':
      return [{ kind: 'went', asked: true }];
    case 'confirm':
      return planConfirming(move.entry, context);
    case 'note':
      return [{ kind: 'noted', text: move.text }];
    case 'rate-objective':
      if (!state.head.script.objectives.some(({ id }) => id === move.objective)) throw notFound('objective of this drill');
      return [{ kind: 'objective-rated', objective: move.objective, rating: move.rating, comment: move.comment }];
    case 'rate-communication':
      return [{ kind: 'communication-rated', scores: move.scores, comment: move.comment }];
    case 'hot-wash':
      if (state.status !== 'ended')
        throw new AppError('Conflict', 'The hot wash comes after the end.', { remedy: 'Keep it as a note until then, or end the drill.' });
      return [{ kind: 'hot-wash', about: move.about, text: move.text, owner: move.owner }];
  }
}

function planStart({ status }: DrillState): readonly Happening[] {
  if (status === 'running') return [];
  if (status !== 'scheduled')
    throw new AppError('Conflict', status === 'paused' ? 'The drill has begun and is paused.' : 'The drill is over.', {
      remedy: status === 'paused' ? 'Let it go on.' : 'Schedule it anew from its script.',
    });
  return [{ kind: 'started' }];
}

function planJump(toMs: number, between: 'fire' | 'skip', { state, nowMs }: MoveContext): readonly Happening[] {
  requireUnder(state, 'jump');
  const { scenarioMs } = readClock(state.clock, nowMs);
  if (toMs < scenarioMs)
    throw new AppError('InvalidRequest', 'A jump leads forward only.', { remedy: 'Rewind to a checkpoint to go back.' });
  const skipped = state.injects.filter(
    ({ state: status, dueMs }) => status === 'pending' && dueMs !== null && dueMs > scenarioMs && dueMs < toMs,
  );
  const skips = skipped.map(({ inject }): Happening => ({
    kind: 'inject-skipped',
    inject: inject.number,
    reason: 'The clock was moved past it.',
  }));
  return [...(between === 'skip' ? skips : []), { kind: 'jumped', toMs }];
}

/** Whose role only one can have has to give it back, or to have gone. */
function planRole(personId: string, role: DrillRole, { state, nameOf }: MoveContext): readonly Happening[] {
  if (state.status === 'ended') throw new AppError('Conflict', 'The drill is over.', { remedy: 'Its roles stay as they were.' });
  const before = state.members.find((member) => member.personId === personId);
  if (before?.role === role) return [];
  const holder = state.members.find((member) => member.role === role && member.personId !== personId);
  const isShared = role === 'expert' || role === 'facilitator' || role === 'controller' || role === 'evaluator' || role === 'observer';
  if (holder === undefined || isShared) return [{ kind: 'role-given', personId, role }];
  if (holder.presence === 'here')
    throw new AppError('Conflict', `${nameOf(holder.personId)} is ${ROLE_WORDS[role]} and is here. Only one can be.`, {
      remedy: `Give ${nameOf(holder.personId)} another role first.`,
    });
  return [
    { kind: 'part-taken-away', personId: holder.personId },
    { kind: 'role-given', personId, role },
  ];
}

function planTakingAway(personId: string, { state, actorId }: MoveContext): readonly Happening[] {
  if (state.status === 'ended') throw new AppError('Conflict', 'The drill is over.', { remedy: 'Its roles stay as they were.' });
  const member = state.members.find((known) => known.personId === personId);
  if (member === undefined) throw notFound('member of this drill');
  const facilitators = state.members.filter(({ role }) => role === 'facilitator');
  if (member.role === 'facilitator' && facilitators.length === 1 && personId === actorId)
    throw new AppError('Conflict', 'You are the only facilitator.', { remedy: 'Make somebody else facilitator first.' });
  return [{ kind: 'part-taken-away', personId }];
}

function planStatus(
  update: Extract<DrillMove, { move: 'status' }>['update'],
  { state, entries, nowMs }: MoveContext,
): readonly Happening[] {
  requireUnder(state, 'send status updates');
  const written = entries.filter(({ what }) => what.kind === 'status').length;
  if (update.corrects !== null && update.corrects > written) throw notFound('status update to correct');
  const { nextInMinutes, ...rest } = update;
  return [{ kind: 'status', update: { ...rest, nextAtMs: nextInMinutes === null ? null : nowMs + nextInMinutes * 60_000 } }];
}

function planSaying(to: string, text: string, { members }: DrillState): readonly Happening[] {
  if (to !== 'everyone' && to !== 'exercise' && !members.some(({ personId }) => personId === to)) throw notFound('member of this drill');
  return [{ kind: 'said', to, text }];
}

function planConfirming(seq: number, { entries }: MoveContext): readonly Happening[] {
  const entry = entries.find((known) => known.seq === seq);
  if (entry?.what.kind !== 'supposed') throw notFound('supposition in this drill');
  const before = entries.some(({ what }) => what.kind === 'confirmed' && what.entry === seq);
  return before ? [] : [{ kind: 'confirmed', entry: seq }];
}

function firedNumber(state: DrillState, number: number | undefined): number | null {
  if (number === undefined) return null;
  requireInject(state, number);
  return number;
}
