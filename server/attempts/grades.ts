import { toInstant, toInstantOrNull } from '../clock.ts';
import type { Grade } from '../contract/attempts.ts';
import type { Cohort } from '../contract/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Attempt } from './attempt.ts';
import { hintsUsed, outcomeOf } from './results.ts';

export interface GradeParts {
  readonly attempts: readonly Attempt[];
  readonly verdicts: ReadonlyMap<string, { readonly outcome: string; readonly restoredAfterMs: number | null }>;
  readonly overrides: ReadonlyMap<string, 'passed' | 'failed'>;
  readonly cohorts: readonly Cohort[];
  readonly nameOf: (personId: string) => PersonRef;
}

/** One line for each attempt that has ended. `cohortId` keeps those of its members. */
export function listGrades(parts: GradeParts, cohortId?: string): Grade[] {
  const members = cohortId === undefined ? undefined : membersOf(parts.cohorts, cohortId);
  return parts.attempts
    .filter((attempt) => members === undefined || members.has(attempt.personId))
    .map((attempt) => {
      const verdict = parts.verdicts.get(attempt.id);
      const override = parts.overrides.get(attempt.id);
      return {
        attemptId: attempt.id,
        person: parts.nameOf(attempt.personId),
        cohorts: parts.cohorts
          .filter((cohort) => cohort.members.some((member) => member.id === attempt.personId))
          .map((cohort) => cohort.name),
        lab: { slug: attempt.lab.slug, title: attempt.lab.title },
        mode: attempt.mode,
        outcome: outcomeOf(attempt, verdict?.outcome, override),
        overridden: override !== undefined,
        score: attempt.score,
        restoredAfterMs: verdict?.restoredAfterMs ?? null,
        hintsUsed: hintsUsed(attempt),
        startedAt: toInstant(attempt.createdAtMs),
        endedAt: toInstantOrNull(attempt.endedAtMs),
      };
    });
}

/** Of a cohort that does not exist there are none. */
function membersOf(cohorts: readonly Cohort[], cohortId: string): ReadonlySet<string> {
  const cohort = cohorts.find((candidate) => candidate.id === cohortId);
  return new Set(cohort?.members.map((member) => member.id));
}

const COLUMNS: readonly (readonly [string, (grade: Grade) => string | number | null])[] = [
  ['Attempt', (grade) => grade.attemptId],
  ['Person', (grade) => grade.person.name],
  ['Cohorts', (grade) => grade.cohorts.join('; ')],
  ['Lab', (grade) => grade.lab.title],
  ['Mode', (grade) => grade.mode],
  ['Outcome', (grade) => grade.outcome],
  ['Overridden', (grade) => (grade.overridden ? 'yes' : 'no')],
  ['Score', (grade) => grade.score],
  ['Restored after (s)', (grade) => (grade.restoredAfterMs === null ? null : Math.round(grade.restoredAfterMs / 1000))],
  ['Hints', (grade) => grade.hintsUsed],
  ['Started (UTC)', (grade) => grade.startedAt],
  ['Ended (UTC)', (grade) => grade.endedAt],
];

/** RFC 4180, with lines ended by CRLF and a byte order mark, so that Excel reads UTF-8. */
export function gradesCsv(grades: readonly Grade[]): string {
  const rows = [COLUMNS.map(([title]) => title), ...grades.map((grade) => COLUMNS.map(([, valueOf]) => valueOf(grade)))];
  return `\uFEFF${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises: names are people's own. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
