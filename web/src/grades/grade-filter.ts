import type { Grade } from '../../../server/contract/attempts.ts';

/** What the table is narrowed to; empty strings mean everything. The cohort is asked of the server, these are applied here. */
export interface GradeFilter {
  readonly lab: string;
  readonly outcome: Grade['outcome'] | '';
  readonly person: string;
}

export const ALL_GRADES: GradeFilter = { lab: '', outcome: '', person: '' };

export function filterGrades(grades: readonly Grade[], filter: GradeFilter): Grade[] {
  const person = filter.person.trim().toLocaleLowerCase();
  return grades.filter(
    (grade) =>
      (filter.lab === '' || grade.lab.slug === filter.lab) &&
      (filter.outcome === '' || grade.outcome === filter.outcome) &&
      (person === '' || grade.person.name.toLocaleLowerCase().includes(person)),
  );
}

export interface GradeSummary {
  readonly attempts: number;
  readonly people: number;
  /** Of the attempts that came to a verdict; null without any. */
  readonly passedPercent: number | null;
  readonly medianRestoredMs: number | null;
}

/** Ten seconds' worth for a manager. Attempts without a verdict count neither for nor against anybody. */
export function summariseGrades(grades: readonly Grade[]): GradeSummary {
  const judged = grades.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed' || outcome === 'expired');
  const passed = judged.filter(({ outcome }) => outcome === 'passed').length;
  return {
    attempts: grades.length,
    people: new Set(grades.map(({ person }) => person.id)).size,
    passedPercent: judged.length === 0 ? null : Math.round((100 * passed) / judged.length),
    medianRestoredMs: median(grades.flatMap(({ restoredAfterMs }) => restoredAfterMs ?? [])),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

/** The labs that occur, for the filter. */
export function labsOf(grades: readonly Grade[]): { readonly slug: string; readonly title: string }[] {
  const bySlug = new Map(grades.map(({ lab }) => [lab.slug, lab]));
  return [...bySlug.values()].sort((a, b) => a.title.localeCompare(b.title));
}
