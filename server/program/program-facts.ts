import type { Grade } from '../contract/attempts.ts';
import type { Cohort } from '../contract/people.ts';
import type { Track } from '../contract/labs.ts';
import type { MetricId, SaveProgramme } from '../contract/program.ts';
import { groupBy } from '../grouping.ts';
import type { ImportedRow } from './csv-import.ts';
import { DAY_MS } from '../clock.ts';
import { isAskedOf } from './curriculum-plan.ts';
import type { Fact, FactSource } from './metric-values.ts';
import { trackIn } from './program-groups.ts';
import type { ProgrammeFacts } from './programme-figures.ts';

/** What 1,000 requests cost in the last measured run of an attempt. */
export interface MeasuredCost {
  readonly attemptId: string;
  readonly atMs: number;
  readonly usd: number;
}

export interface ProgramSources {
  /** Of attempts that have ended. */
  readonly grades: readonly Grade[];
  readonly costs: readonly MeasuredCost[];
  /** Whose attempts are whose: an attempt of a team counts for each. */
  readonly ownersOf: (attemptId: string) => readonly string[];
  readonly tickets: readonly ImportedRow[];
  readonly changes: readonly ImportedRow[];
}

export interface StartedProgramme {
  readonly cohort: Cohort;
  readonly document: SaveProgramme;
  /** Who was put on a track of their own. */
  readonly placed?: ReadonlyMap<string, Track>;
}

/** What counts for each of these programmes. The tickets and changes of a team count once, with its first programme. */
export function programmeFacts(programmes: readonly StartedProgramme[], sources: ProgramSources): ProgrammeFacts[] {
  const byStart = programmes.toSorted((a, b) => Date.parse(a.document.startsAt) - Date.parse(b.document.startsAt));
  const teams = new Set<string>();
  return byStart.map((programme) => {
    const { team, startsAt, baselines, targets } = programme.document;
    const isFirst = team !== null && !teams.has(team);
    if (team !== null) teams.add(team);
    const ofTeam = (rows: readonly ImportedRow[]): readonly ImportedRow[] => (isFirst ? rows.filter((row) => row.team === team) : []);
    return {
      startsAtMs: Date.parse(startsAt),
      baselines,
      targets,
      facts: {
        ...peopleFacts(programme, sources),
        'change-failures': ofTeam(sources.changes).map(({ id, atMs, failed }) => ({
          atMs,
          value: failed === true ? 1 : 0,
          source: { kind: 'row' as const, id },
        })),
        tickets: ofTeam(sources.tickets).map(({ id, atMs }) => ({ atMs, value: 1, source: { kind: 'row' as const, id } })),
      },
    };
  });
}

function peopleFacts(
  programme: StartedProgramme,
  sources: ProgramSources,
): Record<Exclude<MetricId, 'change-failures' | 'tickets'>, Fact[]> {
  const members = new Set(programme.cohort.members.map(({ id }) => id));
  const graded = sources.grades.flatMap((grade) =>
    members.has(grade.person.id) && grade.endedAt !== null && (grade.outcome === 'passed' || grade.outcome === 'failed')
      ? [{ ...grade, atMs: Date.parse(grade.endedAt), personId: grade.person.id, source: attemptSource(grade.attemptId) }]
      : [],
  );
  return {
    completion: completionFacts(programme, graded),
    passed: graded.map(({ atMs, personId, source, outcome }) => ({ atMs, personId, source, value: outcome === 'passed' ? 1 : 0 })),
    recovery: graded.flatMap(({ atMs, personId, source, restoredAfterMs }) =>
      restoredAfterMs === null ? [] : [{ atMs, personId, source, value: restoredAfterMs / 60_000 }],
    ),
    cost: sources.costs.flatMap(({ attemptId, atMs, usd }) =>
      sources
        .ownersOf(attemptId)
        .filter((personId) => members.has(personId))
        .map((personId) => ({ atMs, personId, value: usd, source: attemptSource(attemptId) })),
    ),
  };
}

/** Each member and each lab that is due is a fact at the day it is due. */
function completionFacts(
  programme: StartedProgramme,
  graded: readonly (Pick<Grade, 'attemptId' | 'lab'> & { readonly atMs: number; readonly personId: string })[],
): Fact[] {
  const { cohort, document } = programme;
  const done = groupBy(graded, ({ personId, lab }) => `${personId} ${lab.slug}`);
  const startsAtMs = Date.parse(document.startsAt);
  return cohort.members.flatMap(({ id }) =>
    document.curriculum.flatMap((item) => {
      if (!isAskedOf(item, trackIn(programme, id))) return [];
      const { lab, dueDay } = item;
      const dueMs = startsAtMs + dueDay * DAY_MS;
      const inTime = (done.get(`${id} ${lab}`) ?? []).find(({ atMs }) => atMs >= startsAtMs && atMs <= dueMs);
      const source = { kind: 'due', lab, attemptId: inTime?.attemptId ?? null } as const;
      return [{ atMs: dueMs, personId: id, value: inTime === undefined ? 0 : 1, source }];
    }),
  );
}

function attemptSource(attemptId: string): FactSource {
  return { kind: 'attempt', attemptId };
}
