import { formatFigure, sentenceOf, standingOf, type Standing } from '../../contract/figure-words.ts';
import type { DueItem, OnCall } from '../../contract/insight.ts';
import type { Figure, Figures } from '../../contract/program.ts';

/** What a manager's report says. Plain data without names of people: a paper is passed on. */
export interface ProgrammeReport {
  readonly title: string;
  readonly fileName: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** The six numbers as a table. */
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly figures: readonly ReportFigure[];
  readonly onCall: readonly (readonly string[])[];
  readonly due: readonly (readonly string[])[];
}

export interface ReportFigure {
  readonly title: string;
  readonly sentence: string;
  readonly standing: string;
  readonly definition: string;
  readonly points: readonly { readonly atMs: number; readonly value: number | null }[];
  readonly target: number;
  readonly unit: Figure['unit'];
}

export interface ReportParts {
  readonly figures: Figures;
  readonly onCall: OnCall;
  readonly due: readonly DueItem[];
  /** Whom the figures are of. */
  readonly among: ReadonlySet<string>;
  readonly nowMs: number;
}

/** One paper for one reader: the same numbers written the same way wherever it is printed. */
const LOCALE = 'en-GB';

const STANDINGS: Readonly<Record<Standing, string>> = {
  reached: 'Aim reached',
  better: 'Getting better',
  same: 'As before',
  worse: 'Getting worse',
  unknown: 'Not known',
};

const DUE_LISTS = ['overdue', '30 days', '60 days', '90 days'] as const;
const ON_CALL_STATES = ['ready', 'nearly', 'lapsed'] as const;
const DUE_KINDS = { certificate: 'Certificates', skill: 'Skills', 'on-call': 'Ready to be on call' } as const;

/** Pure. */
export function programmeReport({ figures, onCall, due, among, nowMs }: ReportParts): ProgrammeReport {
  return {
    title: figures.of,
    fileName: `drillhouse-programme-${new Date(nowMs).toISOString().slice(0, 10)}`,
    facts: [
      ['Made on', `${new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`],
      ['Of', figures.of === 'Everybody' ? 'Everybody in a programme that has started' : figures.of],
      ['People', String(figures.people)],
      ['Day', figures.day === null ? 'No programme has started' : `${figures.day} of 90, by the programme that started last`],
    ],
    heads: ['', 'Before', 'Day 30', 'Day 60', 'Day 90', 'Now', 'Aim'],
    rows: figures.figures.map(rowOf),
    figures: figures.figures.map((figure) => ({
      title: figure.title,
      sentence: sentenceOf(figure, LOCALE),
      standing: STANDINGS[standingOf(figure)],
      definition: `${figure.definition} Source: ${figure.source}.${figure.baselineEntered ? ' What was before was entered by hand.' : ''}`,
      points: figure.trend.map(({ at, value }) => ({ atMs: Date.parse(at), value })),
      target: figure.target,
      unit: figure.unit,
    })),
    onCall: onCall.services.map(({ title, people }) => [
      title,
      ...ON_CALL_STATES.map((wanted) => String(people.filter(({ state, person }) => state === wanted && among.has(person.id)).length)),
    ]),
    due: (['certificate', 'skill', 'on-call'] as const).map((kind) => [
      DUE_KINDS[kind],
      ...DUE_LISTS.map((list) =>
        String(due.filter(({ person, ...item }) => item.kind === kind && item.within === list && among.has(person.id)).length),
      ),
    ]),
  };
}

function rowOf({ title, unit, baseline, marks, now, target }: Figure): string[] {
  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : formatFigure(value, unit, LOCALE);
  return [title, text(baseline.value), ...marks.map(({ figure }) => text(figure?.value)), text(now.value), text(target)];
}
