import type { Accounts } from '../accounts/accounts.ts';
import type { Cohorts } from '../accounts/cohorts.ts';
import { nameFrom } from '../accounts/people.ts';
import { toInstant, toInstantOrNull } from '../clock.ts';
import type { Grade } from '../contract/attempts.ts';
import type { Cohort } from '../contract/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Attempt } from './attempt.ts';
import type { AttemptRecords } from './attempt-records.ts';
import type { VerdictRecords } from './verdict-records.ts';
import { countsFor } from './team.ts';
import { hintsUsed, outcomeOf } from './results.ts';
import { toCsv, type CsvColumn } from '../csv.ts';

export interface GradeParts {
  readonly attempts: readonly Attempt[];
  readonly verdicts: ReadonlyMap<string, { readonly outcome: string; readonly restoredAfterMs: number | null }>;
  readonly overrides: ReadonlyMap<string, 'passed' | 'failed'>;
  readonly cohorts: readonly Cohort[];
  readonly nameOf: (personId: string) => PersonRef;
}

export interface GradeSources {
  readonly records: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly cohorts: Cohorts;
  readonly accounts: Pick<Accounts, 'people'>;
}

/** Of everybody's attempts that have ended, or of a cohort's members'. */
export async function readGrades({ records, verdicts, cohorts, accounts }: GradeSources, cohortId?: string): Promise<Grade[]> {
  const [attempts, verdictRows, overrides, cohortRows, names] = await Promise.all([
    records.list({ endedOnly: true }),
    verdicts.summaries(),
    verdicts.overrides(),
    cohorts.list(),
    accounts.people.names(),
  ]);
  return listGrades({ attempts, verdicts: verdictRows, overrides, cohorts: cohortRows, nameOf: nameFrom(names) }, cohortId);
}

/** One line for each attempt that has ended and each person that it counts for. `cohortId` keeps those of its members. */
export function listGrades(parts: GradeParts, cohortId?: string): Grade[] {
  const members = cohortId === undefined ? undefined : membersOf(parts.cohorts, cohortId);
  return parts.attempts
    .flatMap((attempt) => attempt.members.filter(({ personId }) => countsFor(attempt, personId)).map((member) => ({ attempt, member })))
    .filter(({ member }) => members === undefined || members.has(member.personId))
    .map(({ attempt, member }) => {
      const verdict = parts.verdicts.get(attempt.id);
      const override = parts.overrides.get(attempt.id);
      return {
        attemptId: attempt.id,
        person: parts.nameOf(member.personId),
        teamRole: member.role === 'solo' ? null : member.role,
        cohorts: parts.cohorts.filter((cohort) => cohort.members.some(({ id }) => id === member.personId)).map((cohort) => cohort.name),
        lab: { slug: attempt.lab.slug, title: attempt.lab.title },
        mode: attempt.mode,
        outcome: outcomeOf(attempt, verdict?.outcome, override),
        overridden: override !== undefined,
        score: attempt.score,
        restoredAfterMs: verdict?.restoredAfterMs ?? null,
        hintsUsed: hintsUsed(attempt),
        aiPolicy: attempt.ai?.policy ?? null,
        aiTools: toolsOf(attempt),
        startedAt: toInstant(attempt.createdAtMs),
        endedAt: toInstantOrNull(attempt.endedAtMs),
      };
    });
}

function toolsOf({ ai }: Attempt): string[] | null {
  const declaration = ai?.declaration ?? null;
  return declaration === null ? null : [...declaration.tools];
}

/** Of a cohort that does not exist there are none. */
function membersOf(cohorts: readonly Cohort[], cohortId: string): ReadonlySet<string> {
  const cohort = cohorts.find((candidate) => candidate.id === cohortId);
  return new Set(cohort?.members.map((member) => member.id));
}

const COLUMNS: readonly CsvColumn<Grade>[] = [
  ['Attempt', (grade) => grade.attemptId],
  ['Person', (grade) => grade.person.name],
  ['Cohorts', (grade) => grade.cohorts.join('; ')],
  ['Lab', (grade) => grade.lab.title],
  ['Team role', (grade) => grade.teamRole],
  ['Mode', (grade) => grade.mode],
  ['Outcome', (grade) => grade.outcome],
  ['Overridden', (grade) => (grade.overridden ? 'yes' : 'no')],
  ['Score', (grade) => grade.score],
  ['Restored after (s)', (grade) => (grade.restoredAfterMs === null ? null : Math.round(grade.restoredAfterMs / 1000))],
  ['Hints', (grade) => grade.hintsUsed],
  ['AI assistants', (grade) => grade.aiPolicy],
  ['AI declared', (grade) => declared(grade.aiTools)],
  ['Started (UTC)', (grade) => grade.startedAt],
  ['Ended (UTC)', (grade) => grade.endedAt],
];

function declared(tools: Grade['aiTools']): string | null {
  if (tools === null) return null;
  return tools.length === 0 ? 'none' : tools.join('; ');
}

export function gradesCsv(grades: readonly Grade[]): string {
  return toCsv(COLUMNS, grades);
}
