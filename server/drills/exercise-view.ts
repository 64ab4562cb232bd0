import { toInstant } from '../clock.ts';
import type { DrillView } from '../contract/drills.ts';
import type { DrillEntry, HappeningKind, HappeningOf } from './drill-entry.ts';
import type { DrillRecordView } from './drill-view.ts';
import { viewInject } from './inject-view.ts';
import { tellEntry, type NameOf } from './timeline.ts';

type ExerciseView = NonNullable<DrillView['exercise']>;

/** Not for observers: what is still to come, and what evaluators think. */
const CONFIDENTIAL: ReadonlySet<HappeningKind> = new Set<HappeningKind>([
  'noted',
  'marked',
  'confirmed',
  'inject-edited',
  'inject-skipped',
  'inject-improvised',
  'objective-rated',
  'communication-rated',
]);

/** The exercise's own side of a drill. `whole`: for those who run or evaluate it; else for those who look on. Pure. */
export function viewExercise(record: DrillRecordView, whole: boolean): ExerciseView {
  const { state, entries, nameOf } = record;
  const { script } = state.head;
  const visible = whole ? entries : entries.filter(({ what }) => !CONFIDENTIAL.has(what.kind) && isPublic(what));
  return {
    guide: whole ? script.guide : '',
    list: state.injects
      .filter(({ fired, inject }) => whole || (fired !== null && inject.kind !== 'fault'))
      .map((known) => (whole ? viewInject(known, nameOf) : withoutNotes(viewInject(known, nameOf)))),
    checkpoints: whole
      ? state.checkpoints.map(({ id, label, atMs, clock }) => ({ id, label, at: toInstant(atMs), atMs: clock.scenarioMs }))
      : [],
    timeline: visible.map((entry) => tellEntry(state, entry, nameOf)),
    objectives: script.objectives.map((objective) => ({ ...objective, ratings: whole ? ratingsOf(entries, objective.id, nameOf) : [] })),
    communication: whole
      ? newest(entries, 'communication-rated').map(({ byId, what }) => ({ by: nameOf(byId), scores: what.scores, comment: what.comment }))
      : [],
    hotWash: hotWashOf(entries, nameOf),
    questions: [...script.questions],
  };
}

/** What each evaluator says of an objective, their last word. */
export function ratingsOf(
  entries: readonly DrillEntry[],
  objective: string,
  nameOf: NameOf,
): ExerciseView['objectives'][number]['ratings'] {
  const own = entries.filter(({ what }) => what.kind === 'objective-rated' && what.objective === objective);
  return newest(own, 'objective-rated').map(({ byId, what }) => ({ by: nameOf(byId), rating: what.rating, comment: what.comment }));
}

export function hotWashOf(entries: readonly DrillEntry[], nameOf: NameOf): ExerciseView['hotWash'] {
  return entries.flatMap(({ seq, actorId, what }) =>
    what.kind === 'hot-wash' ? [{ seq, by: nameOf(actorId ?? ''), about: what.about, text: what.text, owner: what.owner }] : [],
  );
}

/** The last entry of a kind by each person, in the order in which they first gave one. */
export function newest<Kind extends HappeningKind>(
  entries: readonly DrillEntry[],
  kind: Kind,
): readonly { readonly byId: string; readonly what: HappeningOf<Kind> }[] {
  const byPerson = new Map<string, HappeningOf<Kind>>();
  for (const { actorId, what } of entries) {
    if (what.kind === kind && actorId !== null) byPerson.set(actorId, what as HappeningOf<Kind>);
  }
  return [...byPerson].map(([byId, what]) => ({ byId, what }));
}

function isPublic(what: DrillEntry['what']): boolean {
  return what.kind !== 'said' || what.to === 'everyone';
}

function withoutNotes(view: ExerciseView['list'][number]): ExerciseView['list'][number] {
  return { ...view, notes: '', expected: null, answer: null };
}
