import { toInstant, toInstantOrNull } from '../clock.ts';
import type { DrillSummary, DrillView } from '../contract/drills.ts';
import type { DrillEntry, HappeningKind, SandboxState } from './drill-entry.ts';
import { samplesOf, statusUpdatesOf } from './drill-course.ts';
import type { Part } from './drill-rights.ts';
import { isUndone, type DrillState, type InjectState } from './drill-state.ts';
import { viewExercise } from './exercise-view.ts';
import { readClock } from './scenario-clock.ts';
import { tellEntry, type NameOf } from './timeline.ts';

const MAX_SAMPLES = 240;
/** What players see of the record besides messages and updates. */
const TEAM_LOG: ReadonlySet<HappeningKind> = new Set<HappeningKind>([
  'started',
  'paused',
  'resumed',
  'jumped',
  'rewound',
  'ended',
  'acted',
  'supposed',
  'declared',
]);

/** What players read of it: which fault is live is theirs to find out. */
const SANDBOX_WORDS: Readonly<Record<SandboxState, string>> = {
  preparing: 'The sandbox is being made.',
  ready: 'The sandbox is ready.',
  busy: 'The sandbox is ready.',
  failed: 'There is no sandbox. Whoever runs the drill knows why.',
  gone: 'The sandbox has ended.',
};

export interface DrillViewer extends Part {
  readonly personId: string;
}

export interface DrillRecordView {
  readonly state: DrillState;
  readonly entries: readonly DrillEntry[];
  readonly nowMs: number;
  readonly nameOf: NameOf;
}

/** A drill as one person may see it: the one place that decides what leaves the server. Pure. */
export function viewDrill(record: DrillRecordView, viewer: DrillViewer): DrillView {
  const { state, entries, nowMs, nameOf } = record;
  const { head, status } = state;
  const kept = entries.filter((entry) => !isUndone(state, entry));
  const { scenarioMs } = readClock(state.clock, nowMs);
  return {
    id: head.id,
    title: head.script.title,
    summary: viewer.sight === 'own' ? '' : head.script.summary,
    mode: head.mode,
    state: status,
    minutes: head.script.minutes,
    startsAt: toInstant(head.startsAtMs),
    endedAt: toInstantOrNull(state.endedAtMs),
    clock: { scenarioMs, running: status === 'running', asOf: toInstant(nowMs) },
    me: { role: viewer.role, rights: [...viewer.rights] },
    members: state.members.map(({ personId, role, presence }) => ({ person: nameOf(personId), role, presence })),
    briefing: head.script.briefing,
    runbook: head.script.runbook,
    inbox: inboxOf(record, viewer),
    messages: messagesOf(record, viewer),
    status: statusUpdatesOf(entries)
      .filter(({ entry }) => !isUndone(state, entry))
      .map(({ entry, nextAtMs, atMs, ...update }) => ({
        ...update,
        at: toInstant(atMs),
        by: nameOf(entry.actorId ?? ''),
        nextAt: toInstantOrNull(nextAtMs),
      })),
    service: serviceOf(state, kept, viewer),
    sandbox:
      state.sandbox === null
        ? null
        : {
            attemptId: state.sandbox.attemptId,
            words: viewer.sight === 'own' ? SANDBOX_WORDS[state.sandbox.state] : state.sandbox.words,
            ready: state.sandbox.state === 'ready' || state.sandbox.state === 'busy',
          },
    log: entries.filter(({ what }) => TEAM_LOG.has(what.kind)).map((entry) => tellEntry(state, entry, nameOf)),
    exercise: viewer.sight === 'own' ? null : viewExercise(record, viewer.sight === 'all'),
    revision: state.lastSeq,
  };
}

export function summariseDrill({ head, status, endedAtMs, members }: DrillState, part: Part, nameOf: NameOf): DrillSummary {
  return {
    id: head.id,
    title: head.script.title,
    mode: head.mode,
    state: status,
    startsAt: toInstant(head.startsAtMs),
    endedAt: toInstantOrNull(endedAtMs),
    role: part.role,
    members: members.map(({ personId, role }) => ({ person: nameOf(personId), role })),
  };
}

/** Injects that reach the viewer's role; all of them for those who look on. Faults reach nobody. */
function inboxOf({ state, nameOf }: DrillRecordView, { role, sight }: DrillViewer): DrillView['inbox'] {
  const reaches = ({ inject }: InjectState): boolean =>
    inject.to === 'everyone' || (sight === 'own' ? inject.to.some((to) => to === role) : inject.to.length > 0);
  return state.injects
    .flatMap((known) => (known.fired !== null && reaches(known) ? [{ ...known, fired: known.fired }] : []))
    .sort((a, b) => a.fired.atMs - b.fired.atMs || a.inject.number - b.inject.number)
    .map(({ inject, fired, acknowledgedBy }) => ({
      number: inject.number,
      at: toInstant(fired.atMs),
      channel: inject.channel,
      from: inject.from,
      subject: inject.subject,
      text: inject.text,
      acknowledgedBy: acknowledgedBy.map((id) => nameOf(id)),
    }));
}

/** Private words are for the two, and for those who see all: the page says so to whoever writes them. */
function messagesOf({ entries, nameOf }: DrillRecordView, { personId, sight }: DrillViewer): DrillView['messages'] {
  return entries.flatMap(({ seq, atMs, actorId, what }) => {
    if (what.kind !== 'said' || actorId === null) return [];
    const mine = actorId === personId || what.to === personId;
    if (what.to !== 'everyone' && !mine && sight !== 'all') return [];
    const to = what.to === 'everyone' || what.to === 'exercise' ? what.to : nameOf(what.to);
    return [{ seq, at: toInstant(atMs), by: nameOf(actorId), to, text: what.text }];
  });
}

/** Players of a live fire look at the service themselves; what outsiders see is for the exercise's side. */
function serviceOf(state: DrillState, kept: readonly DrillEntry[], { sight }: DrillViewer): DrillView['service'] {
  if (sight === 'own') return null;
  const samples = samplesOf(state, kept).slice(-MAX_SAMPLES);
  return {
    state: state.service?.state ?? 'unknown',
    seen: state.service?.seen ?? '',
    since: toInstantOrNull(state.service?.sinceMs ?? null),
    samples: samples.map(({ atMs, failing }) => ({ at: toInstant(atMs), state: failing.length === 0 ? 'up' : 'down' })),
  };
}
