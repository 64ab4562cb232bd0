import { DAY_MS, toInstant, toInstantOrNull } from '../clock.ts';
import type { ArtefactState } from '../contract/artefacts.ts';
import type { CurriculumItem, CurriculumState } from '../contract/curriculum.ts';
import type { Track } from '../contract/labs.ts';
import type { SaveProgramme } from '../contract/program.ts';

/** Every programme begins with the readiness check and ends with a certificate (LABS.md: ninety days in three parts). */
const READINESS_DAY = 7;
const BASELINE_UNTIL_DAY = 30;
const LABS_UNTIL_DAY = 60;
const LAST_DAY = 90;
const SOON_MS = 3 * DAY_MS;

/** One attempt that has to do with an item: taken to a verdict when `outcome` is there. */
export interface AttemptFact {
  readonly attemptId: string;
  readonly lab: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: 'passed' | 'failed' | null;
  readonly artefacts: readonly { readonly id: string; readonly title: string; readonly state: ArtefactState }[];
}

/** What is known of one person. */
export interface TraineeFacts {
  readonly track: Track | null;
  readonly attempts: readonly AttemptFact[];
  /** When the readiness check was taken, or somebody placed the person. */
  readonly placedAtMs: readonly number[];
  readonly certifiedAtMs: readonly number[];
}

export interface CurriculumParts {
  readonly startsAtMs: number;
  readonly curriculum: SaveProgramme['curriculum'];
  readonly titleOf: (lab: string) => string;
  readonly nowMs: number;
}

/** Whether a lab of the curriculum is asked of somebody on this track; who has none yet is asked for everything. */
export function isAskedOf(item: SaveProgramme['curriculum'][number], track: Track | null): boolean {
  return item.tracks === undefined || track === null || item.tracks.includes(track);
}

/** What is due for one person, by its day, with how far it is. Pure. */
export function planCurriculum(facts: TraineeFacts, parts: CurriculumParts): CurriculumItem[] {
  const readiness = { ...bare, id: 'readiness', kind: 'readiness' as const, title: 'Readiness check', dueDay: READINESS_DAY };
  const certificate = { ...bare, id: 'certificate', kind: 'certificate' as const, title: 'A certificate', dueDay: LAST_DAY };
  const labs = parts.curriculum
    .filter((item) => isAskedOf(item, facts.track))
    .map(({ lab, dueDay }) => ({ ...bare, ...planLab(lab, dueDay, facts, parts), title: parts.titleOf(lab), dueDay }));
  return [
    withState({ ...readiness, doneAtMs: first(facts.placedAtMs) }, parts),
    ...labs.map((lab) => withState(lab, parts)),
    withState({ ...certificate, doneAtMs: first(facts.certifiedAtMs.filter((atMs) => atMs >= parts.startsAtMs)) }, parts),
  ].toSorted((a, b) => a.dueDay - b.dueDay);
}

const bare = { lab: null, outcome: null, attemptId: null, artefacts: [] };

type Bare = Omit<CurriculumItem, 'phase' | 'dueAt' | 'state' | 'doneAt'> & { readonly doneAtMs: number | null };

/** The first verdict after the start counts for the day; a passed one, if there is any, is the one that is shown. */
function planLab(
  lab: string,
  dueDay: number,
  { attempts }: TraineeFacts,
  { startsAtMs }: CurriculumParts,
): Pick<Bare, 'id' | 'kind' | 'lab' | 'doneAtMs' | 'outcome' | 'attemptId'> & { artefacts: CurriculumItem['artefacts'] } {
  const own = attempts.filter((attempt) => attempt.lab === lab).toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  const judged = own.filter(({ endedAtMs, outcome }) => outcome !== null && endedAtMs !== null && endedAtMs >= startsAtMs);
  const shown = judged.find(({ outcome }) => outcome === 'passed') ?? judged[0] ?? own[0];
  return {
    id: `lab:${lab}`,
    kind: 'lab',
    lab,
    doneAtMs: first(judged.flatMap(({ endedAtMs }) => endedAtMs ?? [])),
    outcome: shown?.outcome ?? null,
    attemptId: shown?.attemptId ?? null,
    artefacts: (shown?.artefacts ?? []).map((artefact) => ({ ...artefact })),
  };
}

function withState({ doneAtMs, ...item }: Bare, { startsAtMs, nowMs }: CurriculumParts): CurriculumItem {
  const dueAtMs = startsAtMs + item.dueDay * DAY_MS;
  return {
    ...item,
    phase: phaseOf(item.dueDay),
    dueAt: toInstant(dueAtMs),
    doneAt: toInstantOrNull(doneAtMs),
    state: stateOf(dueAtMs, doneAtMs, nowMs),
  };
}

function stateOf(dueAtMs: number, doneAtMs: number | null, nowMs: number): CurriculumState {
  if (doneAtMs !== null) return doneAtMs <= dueAtMs ? 'done' : 'done-late';
  if (nowMs > dueAtMs) return 'overdue';
  return dueAtMs - nowMs <= SOON_MS ? 'due-soon' : 'upcoming';
}

function phaseOf(dueDay: number): CurriculumItem['phase'] {
  if (dueDay <= BASELINE_UNTIL_DAY) return 'baseline';
  return dueDay <= LABS_UNTIL_DAY ? 'labs' : 'certify';
}

function first(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}
