import type { Grade } from '../contract/attempts.ts';
import type { Cohort } from '../contract/people.ts';
import type { MetricId, SaveProgramme } from '../contract/program.ts';
import { groupBy } from '../grouping.ts';
import type { ImportedRow } from './csv-import.ts';
import { DAY_MS } from '../clock.ts';
import { type Fact } from './metric-values.ts';
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
        'change-failures': ofTeam(sources.changes).map(({ atMs, failed }) => ({ atMs, value: failed === true ? 1 : 0 })),
        tickets: ofTeam(sources.tickets).map(({ atMs }) => ({ atMs, value: 1 })),
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
      ? [{ ...grade, atMs: Date.parse(grade.endedAt), personId: grade.person.id }]
      : [],
  );
  return {
    completion: completionFacts(programme, graded),
    passed: graded.map(({ atMs, personId, outcome }) => ({ atMs, personId, value: outcome === 'passed' ? 1 : 0 })),
    recovery: graded.flatMap(({ atMs, personId, restoredAfterMs }) =>
      restoredAfterMs === null ? [] : [{ atMs, personId, value: restoredAfterMs / 60_000 }],
    ),
    cost: sources.costs.flatMap(({ attemptId, atMs, usd }) =>
      sources
        .ownersOf(attemptId)
        .filter((personId) => members.has(personId))
        .map((personId) => ({ atMs, personId, value: usd })),
    ),
  };
}

/** Each member and each lab that is due is a fact at the day it is due. */
function completionFacts(
  { cohort, document }: StartedProgramme,
  graded: readonly { readonly atMs: number; readonly personId: string; readonly lab: { readonly slug: string } }[],
): Fact[] {
  const done = groupBy(graded, ({ personId, lab }) => `${personId} ${lab.slug}`);
  const startsAtMs = Date.parse(document.startsAt);
  return cohort.members.flatMap(({ id }) =>
    document.curriculum.map(({ lab, dueDay }) => {
      const dueMs = startsAtMs + dueDay * DAY_MS;
      const inTime = (done.get(`${id} ${lab}`) ?? []).some(({ atMs }) => atMs >= startsAtMs && atMs <= dueMs);
      return { atMs: dueMs, personId: id, value: inTime ? 1 : 0 };
    }),
  );
}
