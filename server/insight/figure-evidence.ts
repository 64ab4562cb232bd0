import { toInstant } from '../clock.ts';
import type { FigureEvidence } from '../contract/insight.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { MetricDefinition } from '../program/metric-definitions.ts';
import { LEAST_PEOPLE, type Fact } from '../program/metric-values.ts';
import type { FigureValue } from '../contract/program.ts';
import { mayLookInto, type Looker } from './access.ts';

const MAX_ROWS = 500;

export interface FigurePoint {
  readonly definition: MetricDefinition;
  readonly figure: FigureValue;
  readonly facts: readonly Fact[];
}

export interface FigureNames {
  readonly person: (personId: string) => PersonRef;
  readonly lab: (slug: string) => string;
  /** Of an attempt's lab. */
  readonly attempt: (attemptId: string) => string;
}

type Opened = Pick<FigureEvidence, 'why' | 'rows' | 'withheld'>;

/**
 * The attempts behind a point, for who may see whose they are. Pure. A point that stands on too few people is not opened at all; and where
 * fewer than that would be left out, nobody is shown, since the number itself would tell theirs.
 */
export function openPoint({ definition, figure, facts }: FigurePoint, looker: Looker, names: FigureNames): Opened {
  if (definition.personal && figure.value === null) return closed(figure.why ?? 'There is nothing to look at.', 0);
  const allowed = facts.filter(({ personId }) => personId === undefined || mayLookInto(looker, personId));
  const withheld = facts.filter((fact) => !allowed.includes(fact));
  const others = new Set(withheld.map(({ personId }) => personId)).size;
  if (allowed.length === 0 && withheld.length > 0)
    return closed(
      'You are not named as manager of the cohorts of these people. An administrator can name you, on the page Cohorts.',
      withheld.length,
    );
  if (others > 0 && others < LEAST_PEOPLE)
    return closed(
      `Of ${others === 1 ? 'one person' : `${others} people`} here you are not the manager, and next to the rest their results could be told. Choose one of your cohorts.`,
      withheld.length,
    );
  const newest = allowed.toSorted((a, b) => b.atMs - a.atMs);
  return {
    why: null,
    rows: newest.slice(0, MAX_ROWS).map((fact) => rowOf(definition, fact, names)),
    withheld: withheld.length + Math.max(0, newest.length - MAX_ROWS),
  };
}

function closed(why: string, withheld: number): Opened {
  return { why, rows: [], withheld };
}

function rowOf(definition: MetricDefinition, { atMs, personId, source, value }: Fact, names: FigureNames): FigureEvidence['rows'][number] {
  return {
    at: toInstant(atMs),
    person: personId === undefined ? null : names.person(personId),
    what: whatOf(source, names),
    value: valueOf(definition, value),
    attemptId: source === undefined || source.kind === 'row' ? null : source.attemptId,
  };
}

function whatOf(source: Fact['source'], names: FigureNames): string {
  switch (source?.kind) {
    case 'attempt':
      return names.attempt(source.attemptId);
    case 'due':
      return `${names.lab(source.lab)} was due`;
    case 'row':
      return source.id;
    case undefined:
      return '';
  }
}

function valueOf({ id }: MetricDefinition, value: number): string {
  switch (id) {
    case 'completion':
      return value === 1 ? 'done in time' : 'not done in time';
    case 'passed':
      return value === 1 ? 'passed' : 'not passed';
    case 'recovery':
      return `${Math.round(value * 10) / 10} min`;
    case 'cost':
      return `$${value.toFixed(2)}`;
    case 'change-failures':
      return value === 1 ? 'failed' : 'went well';
    case 'tickets':
      return 'opened';
  }
}
