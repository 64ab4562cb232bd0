import type { DrillCourse, DrillSign } from '../../grader/drills/drill-times.ts';
import type { EngineSample, IncidentClock, StatusUpdate } from '../../grader/incidents/status-update.ts';
import type { DrillEntry, Happening } from './drill-entry.ts';
import { isUndone, type DrillState } from './drill-state.ts';

/** What the graders judge, taken from the record. What a rewind took back is left out, and the time between counts as a pause. Pure. */
export function courseOf(state: DrillState, entries: readonly DrillEntry[], nowMs: number): DrillCourse {
  const kept = entries.filter((entry) => !isUndone(state, entry));
  const confirmed = new Set(kept.flatMap(({ what }) => (what.kind === 'confirmed' ? [what.entry] : [])));
  return {
    clock: incidentClock(state, kept, nowMs),
    signs: kept.flatMap((entry) => signOf(entry, confirmed) ?? []),
    samples: samplesOf(state, kept),
    quiet: state.head.script.classification === 'none',
  };
}

/** All that were written, numbered as people saw them. Pure. */
export function statusUpdatesOf(entries: readonly DrillEntry[]): readonly (StatusUpdate & { readonly entry: DrillEntry })[] {
  let seq = 0;
  return entries.flatMap((entry) =>
    entry.what.kind === 'status' ? [{ ...entry.what.update, seq: (seq += 1), atMs: entry.atMs, entry }] : [],
  );
}

function incidentClock(state: DrillState, kept: readonly DrillEntry[], nowMs: number): IncidentClock | null {
  const { begins } = state.head.script;
  const start = kept.find(({ what }) => what.kind === 'inject-fired' && what.inject === begins);
  if (start === undefined) return null;
  return {
    startedAtMs: start.atMs,
    untilMs: state.endedAtMs ?? nowMs,
    isOver: state.status === 'ended',
    pauses: pausesOf(kept),
  };
}

function pausesOf(kept: readonly DrillEntry[]): IncidentClock['pauses'] {
  const pauses: { fromMs: number; toMs: number | null }[] = [];
  let fromMs: number | null = null;
  for (const { what, atMs } of kept) {
    if (what.kind === 'paused') fromMs ??= atMs;
    if (what.kind === 'rewound') fromMs ??= checkpointTime(kept, what.checkpoint) ?? atMs;
    if (what.kind === 'resumed' && fromMs !== null) {
      pauses.push({ fromMs, toMs: atMs });
      fromMs = null;
    }
  }
  return fromMs === null ? pauses : [...pauses, { fromMs, toMs: null }];
}

function checkpointTime(kept: readonly DrillEntry[], id: number): number | undefined {
  return kept.find(({ what }) => what.kind === 'checkpoint' && what.id === id)?.atMs;
}

function signOf({ seq, atMs, what }: DrillEntry, confirmed: ReadonlySet<number>): DrillSign | undefined {
  const kind = signKind(what);
  return kind === undefined ? undefined : { kind, atMs, confirmed: confirmed.has(seq) };
}

function signKind(what: Happening): DrillSign['kind'] | undefined {
  switch (what.kind) {
    case 'acknowledged':
      return 'acknowledged';
    case 'status':
      return 'told';
    case 'supposed':
      return 'supposed';
    case 'declared':
      return what.what === 'incident' ? 'declared' : what.what === 'verified' ? 'verified' : undefined;
    default:
      return undefined;
  }
}

/** Probes in live fire; in a tabletop what the script and the facilitators say. Pure. */
export function samplesOf(state: DrillState, kept: readonly DrillEntry[]): readonly EngineSample[] {
  return kept.flatMap(({ what, atMs }) => {
    if (what.kind === 'service') return [{ atMs, failing: what.failing }];
    if (what.kind !== 'inject-fired' || state.head.mode === 'live-fire') return [];
    const told = state.injects.find(({ inject }) => inject.number === what.inject)?.inject.service;
    return told === undefined ? [] : [{ atMs, failing: told.state === 'up' ? [] : [told.seen] }];
  });
}
