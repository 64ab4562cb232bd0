import { emptyContent, fitContent, type ArtefactField } from '../../grader/artefacts/artefact.ts';
import { findUnmet, givesAnswerAway } from '../../grader/artefacts/demands.ts';
import { hasEnded, type Attempt } from '../attempts/attempt.ts';
import type { StoredJournalEntry } from '../attempts/attempt-records.ts';
import { mayDo, mayWatchOthers, type Viewer } from '../attempts/permissions.ts';
import { isPlayer, memberOf } from '../attempts/team.ts';
import { toInstant } from '../clock.ts';
import type { ArtefactFieldView, ArtefactFinding, ArtefactRating, Artefacts, ArtefactView } from '../contract/artefacts.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { TypedChange } from '../terminals/typed-changes.ts';
import type { StoredArtefact, StoredRating } from './artefact-records.ts';
import { artefactStateOf } from './artefact-state.ts';

export interface ArtefactViewParts {
  readonly attempt: Attempt;
  readonly viewer: Viewer;
  /** Whether the viewer mentors somebody who plays in it. */
  readonly isMentor: boolean;
  readonly nameOf: (personId: string) => PersonRef;
}

/** An artefact as one viewer sees it. What would give the verdict's answers away is not judged while the attempt runs. Pure. */
export function viewArtefact(stored: StoredArtefact, { attempt, viewer, isMentor, nameOf }: ArtefactViewParts): ArtefactView {
  const { definition } = stored.offered;
  const { newest, submitted, rating } = stored;
  return {
    id: stored.id,
    title: definition.title,
    purpose: definition.purpose,
    fields: definition.fields.map(viewField),
    rubric: definition.rubric.map((item) => ({ ...item })),
    content: newest === undefined ? emptyContent(definition) : newest.content,
    revision: stored.revision,
    version: newest?.version ?? null,
    savedAt: newest === undefined ? null : toInstant(newest.savedAtMs),
    submitted: submitted === undefined ? null : { version: submitted.version, at: toInstant(submitted.atMs) },
    state: artefactStateOf(submitted?.version ?? null, rating),
    findings: findingsOf(stored, attempt),
    rating: rating === undefined ? null : viewRating(rating, nameOf),
    mayWrite: mayWrite(stored, attempt, viewer),
    mayRate: mayReview(attempt, viewer, isMentor),
  };
}

/** Who plays in the attempt, also after its end: a postmortem takes longer than an incident. What was accepted is closed. */
export function mayWrite({ rating }: StoredArtefact, attempt: Attempt, viewer: Viewer): boolean {
  return mayDo(viewer, attempt, 'write') && rating?.accepted !== true;
}

export function viewRating({ byId, atMs, scores, ...rating }: StoredRating, nameOf: (personId: string) => PersonRef): ArtefactRating {
  return { ...rating, by: nameOf(byId), at: toInstant(atMs), scores: { ...scores } };
}

/** Staff, and mentors of who plays in it; nobody reviews what they wrote. */
export function mayReview(attempt: Pick<Attempt, 'members'>, viewer: Viewer, isMentor: boolean): boolean {
  const member = memberOf(attempt, viewer.id);
  return (mayWatchOthers(viewer) || isMentor) && (member === undefined || !isPlayer(member.role));
}

function viewField({ help, ...field }: ArtefactField): ArtefactFieldView {
  return { ...field, ...(help === undefined ? {} : { help }) };
}

function findingsOf({ offered, newest }: StoredArtefact, attempt: Attempt): ArtefactFinding[] {
  const ended = hasEnded(attempt);
  const content = newest?.content ?? fitContent(offered.definition, {});
  const fault = attempt.injection?.fault ?? attempt.variant.fault;
  const facts = { classification: offered.classificationOf[fault], secrets: [] };
  return offered.checks.flatMap(({ id, title, explain, demands }) => {
    const told = demands.filter((demand) => ended || !givesAnswerAway(demand));
    if (told.length === 0) return [];
    const unmet = told
      .map((demand) => findUnmet(demand, { definition: offered.definition, content }, facts))
      .find((reason) => reason !== undefined);
    return [{ id, title, explain, ok: unmet === undefined, reason: unmet ?? null }];
  });
}

/** Journal entries that a timeline may begin with, in its own words where the journal's would name the fault. */
const TOLD: Readonly<Record<string, string | null>> = {
  'fault-live': 'The incident began.',
  status: null,
  'handed-over': null,
  hint: null,
  extended: null,
  reset: null,
  'reset-done': null,
  skip: null,
  'platform-lost': 'The platform under the sandbox was away.',
  'platform-back': null,
  grading: null,
};

interface RecordParts {
  readonly attempt: Attempt;
  readonly journal: readonly StoredJournalEntry[];
  /** What was typed that changed the cluster. */
  readonly typed: readonly TypedChange[];
  readonly restoredAfterMs: number | null;
}

/** What the product noted since the incident began: moves, what others were told, commands that changed something. Never which fault it was. Pure. */
export function recordOf({ attempt, journal, typed, restoredAfterMs }: RecordParts): Artefacts['record'] {
  const startedAtMs = attempt.incidentStartedAtMs;
  if (startedAtMs === null) return [];
  const entries = journal.flatMap(({ kind, text, atMs }) =>
    atMs < startedAtMs || !Object.hasOwn(TOLD, kind) ? [] : [{ atMs, what: TOLD[kind] ?? text }],
  );
  const restored =
    restoredAfterMs === null ? [] : [{ atMs: startedAtMs + restoredAfterMs, what: 'The service was well again, as seen from outside.' }];
  const commands = typed.flatMap(({ atMs, command }) => (atMs < startedAtMs ? [] : [{ atMs, what: `Typed: ${command}` }]));
  return [...entries, ...commands, ...restored].sort((a, b) => a.atMs - b.atMs).map(({ atMs, what }) => ({ at: toInstant(atMs), what }));
}
