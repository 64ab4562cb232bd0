import type { ScriptInject } from '../../scenarios/drills/drill-script.ts';
import type { DrillRole } from '../contract/drills.ts';
import { outlastsRewind, type DrillEntry, type DrillHead, type HappeningOf, type SandboxState, type ServiceState } from './drill-entry.ts';
import { individualFactor } from './individual-time.ts';
import { moveClock, runClock, stopClock, stoppedClock, type ScenarioClock } from './scenario-clock.ts';

export interface InjectAnswer {
  readonly atMs: number;
  /** Played since the inject was fired. */
  readonly afterMs: number;
  readonly outcome: 'came' | 'as-expected' | 'partly' | 'not';
  readonly byId: string | null;
  readonly note: string;
}

export interface InjectState {
  readonly inject: ScriptInject;
  readonly improvised: boolean;
  readonly edited: boolean;
  readonly state: 'pending' | 'fired' | 'skipped';
  /** Scenario time at which it comes by itself; null: a contingency that nothing has called for. */
  readonly dueMs: number | null;
  readonly fired: { readonly atMs: number; readonly scenarioMs: number; readonly playedMs: number; readonly byId: string | null } | null;
  readonly acknowledgedBy: readonly string[];
  readonly answer: InjectAnswer | null;
}

export interface Member {
  readonly personId: string;
  readonly role: DrillRole;
  readonly presence: 'here' | 'away' | 'not-yet';
}

export interface Checkpoint {
  readonly id: number;
  readonly label: string;
  readonly seq: number;
  readonly atMs: number;
  readonly clock: ScenarioClock;
  readonly injects: readonly InjectState[];
  readonly service: ServiceLook | null;
}

interface ServiceLook {
  readonly state: ServiceState;
  readonly seen: string;
  readonly sinceMs: number;
}

/** A drill as it is after its last entry. Folded from the entries alone. */
export interface DrillState {
  readonly head: DrillHead;
  readonly status: 'scheduled' | 'running' | 'paused' | 'ended';
  readonly clock: ScenarioClock;
  readonly endedAtMs: number | null;
  readonly members: readonly Member[];
  readonly injects: readonly InjectState[];
  readonly checkpoints: readonly Checkpoint[];
  readonly service: ServiceLook | null;
  readonly sandbox: { readonly state: SandboxState; readonly attemptId: string | null; readonly words: string } | null;
  /** Stretches of the record that were taken back, ends excluded. */
  readonly undone: readonly { readonly afterSeq: number; readonly beforeSeq: number }[];
  readonly lastSeq: number;
}

export function newDrillState(head: DrillHead): DrillState {
  return {
    head,
    status: 'scheduled',
    clock: stoppedClock,
    endedAtMs: null,
    members: [],
    injects: head.script.injects.map((inject) => pendingInject(inject, false)),
    checkpoints: [],
    service: null,
    sandbox: null,
    undone: [],
    lastSeq: 0,
  };
}

function pendingInject(inject: ScriptInject, improvised: boolean): InjectState {
  return {
    inject,
    improvised,
    edited: false,
    state: 'pending',
    dueMs: inject.at ?? null,
    fired: null,
    acknowledgedBy: [],
    answer: null,
  };
}

export function isUndone(state: DrillState, { seq, what }: DrillEntry): boolean {
  return !outlastsRewind(what.kind) && state.undone.some(({ afterSeq, beforeSeq }) => seq > afterSeq && seq < beforeSeq);
}

/** The drill with one more entry. Pure; an entry that does not fit changes nothing but the number of the last one. */
export function applyEntry(state: DrillState, entry: DrillEntry): DrillState {
  return { ...change(state, entry), lastSeq: entry.seq };
}

export function foldEntries(head: DrillHead, entries: readonly DrillEntry[]): DrillState {
  return entries.reduce(applyEntry, newDrillState(head));
}

function change(state: DrillState, entry: DrillEntry): DrillState {
  const { what, atMs } = entry;
  switch (what.kind) {
    case 'started':
    case 'resumed':
      return { ...state, status: 'running', clock: runClock(state.clock, atMs) };
    case 'paused':
      return { ...state, status: 'paused', clock: stopClock(state.clock, atMs) };
    case 'ended':
      return { ...state, status: 'ended', clock: stopClock(state.clock, atMs), endedAtMs: atMs };
    case 'jumped':
      return { ...state, clock: moveClock(state.clock, what.toMs, atMs) };
    case 'inject-fired':
      return fired(state, entry, what.inject);
    case 'inject-skipped':
      return withInject(state, what.inject, (known) => ({ ...known, state: 'skipped' }));
    case 'inject-edited':
      return withInject(state, what.inject, (known) => ({
        ...known,
        edited: true,
        dueMs: what.dueMs,
        inject: { ...known.inject, subject: what.subject, text: what.text },
      }));
    case 'inject-improvised':
      return { ...state, injects: [...state.injects, pendingInject(what.inject, true)] };
    case 'checkpoint':
      return { ...state, checkpoints: [...state.checkpoints, checkpointOf(state, entry, what)] };
    case 'rewound':
      return rewound(state, entry, what.checkpoint);
    case 'service':
      return { ...state, service: look(state, what.state, what.seen, atMs) };
    case 'role-given':
      return { ...state, members: withMember(state.members, what.personId, what.role) };
    case 'part-taken-away':
      return { ...state, members: state.members.filter(({ personId }) => personId !== what.personId) };
    case 'came':
      return withPresence(state, entry.actorId, 'here');
    case 'went':
      return withPresence(state, entry.actorId, 'away');
    case 'sandbox':
      return { ...state, sandbox: { state: what.state, attemptId: what.attemptId ?? state.sandbox?.attemptId ?? null, words: what.words } };
    case 'acknowledged':
      return acknowledged(state, entry, what.inject);
    case 'acted':
      return what.inject === null ? state : withAnswer(state, entry, 'action', (number) => number === what.inject);
    case 'supposed':
      return withAnswer(state, entry, 'hypothesis', (number) => what.inject === null || number === what.inject);
    case 'status':
      return withAnswer(state, entry, 'status-update', () => true);
    case 'declared':
      return what.what === 'verified' ? withAnswer(state, entry, 'verified', () => true) : state;
    case 'marked':
      return marked(state, entry, what);
    case 'scheduled':
    case 'said':
    case 'confirmed':
    case 'noted':
    case 'objective-rated':
    case 'communication-rated':
    case 'hot-wash':
      return state;
  }
}

/** Whatever waits for an answer to this one is due from now on. */
function fired(state: DrillState, { atMs, scenarioMs, playedMs, actorId }: DrillEntry, number: number): DrillState {
  const after = withInject(state, number, (known) => ({ ...known, state: 'fired', fired: { atMs, scenarioMs, playedMs, byId: actorId } }));
  const awaited = state.injects.find(({ inject }) => inject.number === number)?.inject;
  const factor = awaited === undefined ? 1 : individualFactor(state, awaited);
  const injects = after.injects.map((known) =>
    known.state === 'pending' && known.inject.when?.unanswered === number
      ? { ...known, dueMs: scenarioMs + known.inject.when.after * factor }
      : known,
  );
  const told = state.head.mode === 'tabletop' ? state.injects.find(({ inject }) => inject.number === number)?.inject.service : undefined;
  return { ...after, injects, service: told === undefined ? state.service : look(state, told.state, told.seen, atMs) };
}

function acknowledged(state: DrillState, entry: DrillEntry, number: number): DrillState {
  const { actorId } = entry;
  if (actorId === null) return state;
  const seen = withInject(state, number, (known) => ({ ...known, acknowledgedBy: [...new Set([...known.acknowledgedBy, actorId])] }));
  return withAnswer(seen, entry, 'acknowledged', (candidate) => candidate === number);
}

/** What was expected and shows this sign has come. */
function withAnswer(state: DrillState, entry: DrillEntry, sign: string, fits: (number: number) => boolean): DrillState {
  const waiting = state.injects.filter(
    ({ inject, fired: since, answer }) => since !== null && answer === null && inject.expect?.sign === sign && fits(inject.number),
  );
  return waiting.reduce((next, { inject }) => answered(next, entry, inject.number, 'came', ''), state);
}

/** A person's word holds against the engine's, and their last one against their first. */
function marked(state: DrillState, entry: DrillEntry, { inject: number, outcome, note }: HappeningOf<'marked'>): DrillState {
  const before = state.injects.find(({ inject }) => inject.number === number)?.answer ?? null;
  const after = answered(state, entry, number, outcome, note);
  if (before === null) return after;
  return withInject(after, number, (known) => ({
    ...known,
    answer: known.answer === null ? null : { ...known.answer, atMs: before.atMs, afterMs: before.afterMs },
  }));
}

/** Contingencies on it are off, unless what came was not what was expected. */
function answered(state: DrillState, entry: DrillEntry, number: number, outcome: InjectAnswer['outcome'], note: string): DrillState {
  const after = withInject(state, number, (known) => ({
    ...known,
    answer: {
      atMs: entry.atMs,
      afterMs: Math.max(0, entry.playedMs - (known.fired?.playedMs ?? entry.playedMs)),
      outcome,
      byId: outcome === 'came' ? null : entry.actorId,
      note,
    },
  }));
  if (outcome === 'not') return after;
  return {
    ...after,
    injects: after.injects.map((known) =>
      known.state === 'pending' && known.inject.when?.unanswered === number ? { ...known, dueMs: null } : known,
    ),
  };
}

function checkpointOf(state: DrillState, { seq, atMs }: DrillEntry, { id, label }: HappeningOf<'checkpoint'>): Checkpoint {
  return { id, label, seq, atMs, clock: stopClock(state.clock, atMs), injects: state.injects, service: state.service };
}

/** Everything as it was, but for what people said and how they judged; the clock stands until somebody lets it run. */
function rewound(state: DrillState, { seq }: DrillEntry, id: number): DrillState {
  const checkpoint = state.checkpoints.find((known) => known.id === id);
  if (checkpoint === undefined) return state;
  return {
    ...state,
    status: 'paused',
    clock: checkpoint.clock,
    injects: checkpoint.injects,
    service: checkpoint.service,
    checkpoints: state.checkpoints.filter((known) => known.seq <= checkpoint.seq),
    undone: [...state.undone, { afterSeq: checkpoint.seq, beforeSeq: seq }],
  };
}

function withInject(state: DrillState, number: number, update: (known: InjectState) => InjectState): DrillState {
  return { ...state, injects: state.injects.map((known) => (known.inject.number === number ? update(known) : known)) };
}

function withMember(members: readonly Member[], personId: string, role: DrillRole): readonly Member[] {
  if (!members.some((member) => member.personId === personId)) return [...members, { personId, role, presence: 'not-yet' }];
  return members.map((member) => (member.personId === personId ? { ...member, role } : member));
}

function withPresence(state: DrillState, personId: string | null, presence: Member['presence']): DrillState {
  return { ...state, members: state.members.map((member) => (member.personId === personId ? { ...member, presence } : member)) };
}

function look(state: DrillState, service: ServiceState, seen: string, atMs: number): ServiceLook {
  return { state: service, seen, sinceMs: state.service?.state === service ? state.service.sinceMs : atMs };
}
