import { formatFigure, sentenceOf, standingOf, type Standing } from '../../../server/contract/figure-words.ts';
import type { Figure } from '../../../server/contract/program.ts';
import type { ReactNode } from 'react';
import type { FiguresOf } from '../api/program-api.ts';
import { FigurePointButton } from '../insight/figure-evidence.tsx';
import { PaperTrend } from '../insight/paper-trend.tsx';
import table from '../parts/data-table.module.css';
import { formatInstant } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { LineChart } from '../services/line-chart.tsx';
import styles from './program.module.css';

const STANDINGS: Readonly<Record<Standing, { readonly tone: Tone; readonly label: string }>> = {
  reached: { tone: 'pass', label: 'Aim reached' },
  better: { tone: 'accent', label: 'Getting better' },
  same: { tone: 'quiet', label: 'As before' },
  worse: { tone: 'warn', label: 'Getting worse' },
  unknown: { tone: 'unsure', label: 'Not known' },
};

/** One of the six numbers: as a figure, in words, by its marks, and drawn. */
export function FigureCard({ figure, of }: { readonly figure: Figure; readonly of: FiguresOf }) {
  const { tone, label } = STANDINGS[standingOf(figure)];
  const text = (value: number | null): string => (value === null ? '–' : formatFigure(value, figure.unit));
  return (
    <article className={styles['card']} aria-label={figure.title} data-testid={`figure-${figure.metric}`}>
      <header className={styles['cardHead']}>
        <h2>{figure.title}</h2>
        <StatusTag tone={tone}>{label}</StatusTag>
      </header>
      <p className={styles['value']}>
        <FigurePointButton figure={figure} of={of} point="now" when="now" value={figure.now.value} />
      </p>
      <p className={styles['sentence']}>{sentenceOf(figure)}</p>
      <dl className={styles['marks']}>
        {figure.baselineEntered ? (
          <Mark term="Before (entered)">{text(figure.baseline.value)}</Mark>
        ) : (
          <Mark term="Before">
            <FigurePointButton figure={figure} of={of} point={{ day: 0 }} when="before" value={figure.baseline.value} />
          </Mark>
        )}
        {figure.marks.map(({ day, figure: at }) => (
          <Mark key={day} term={`Day ${day}`}>
            <FigurePointButton figure={figure} of={of} point={{ day }} when={`day ${day}`} value={at?.value ?? null} />
          </Mark>
        ))}
        <Mark term="Aim">{text(figure.target)}</Mark>
      </dl>
      {figure.trend.some(({ value }) => value !== null) && <Trend figure={figure} of={of} />}
      <p className={styles['definition']}>
        {figure.definition} <span className={styles['source']}>From {figure.source}.</span>
      </p>
    </article>
  );
}

function Mark({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Trend({ figure, of }: { readonly figure: Figure; readonly of: FiguresOf }) {
  const times = figure.trend.map(({ at }) => Date.parse(at) / 1_000);
  return (
    <>
      <PaperTrend figure={figure} />
      <div className={styles['onScreen']}>
        <LineChart
          title="Week by week"
          unit={figure.unit}
          axis="days"
          labels={['measured', 'aim']}
          times={times}
          values={[figure.trend.map(({ value }) => value), times.map(() => figure.target)]}
        />
      </div>
      <details className={styles['behind']}>
        <summary>As a table</summary>
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Thirty days up to</th>
              <th scope="col" className={table['number']}>
                Measured
              </th>
            </tr>
          </thead>
          <tbody>
            {figure.trend.map(({ at, value }) => (
              <tr key={at}>
                <td data-label="Thirty days up to">
                  <Instant at={at} style="day" />
                </td>
                <td data-label="Measured" className={table['number']}>
                  <FigurePointButton figure={figure} of={of} point={{ at }} when={formatInstant(at, 'day').local} value={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
