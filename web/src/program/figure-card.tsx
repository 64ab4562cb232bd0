import type { Figure } from '../../../server/contract/program.ts';
import table from '../parts/data-table.module.css';
import { Instant } from '../parts/instant.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { LineChart } from '../services/line-chart.tsx';
import { formatFigure, sentenceOf, standingOf, type Standing } from './figure-words.ts';
import styles from './program.module.css';

const STANDINGS: Readonly<Record<Standing, { readonly tone: Tone; readonly label: string }>> = {
  reached: { tone: 'pass', label: 'Aim reached' },
  better: { tone: 'accent', label: 'Getting better' },
  same: { tone: 'quiet', label: 'As before' },
  worse: { tone: 'warn', label: 'Getting worse' },
  unknown: { tone: 'unsure', label: 'Not known' },
};

/** One of the six numbers: as a figure, in words, by its marks, and drawn. */
export function FigureCard({ figure }: { readonly figure: Figure }) {
  const { tone, label } = STANDINGS[standingOf(figure)];
  const text = (value: number | null): string => (value === null ? '–' : formatFigure(value, figure.unit));
  return (
    <article className={styles['card']} aria-label={figure.title} data-testid={`figure-${figure.metric}`}>
      <header className={styles['cardHead']}>
        <h2>{figure.title}</h2>
        <StatusTag tone={tone}>{label}</StatusTag>
      </header>
      <p className={styles['value']}>{text(figure.now.value)}</p>
      <p className={styles['sentence']}>{sentenceOf(figure)}</p>
      <dl className={styles['marks']}>
        <Mark term={figure.baselineEntered ? 'Before (entered)' : 'Before'} value={text(figure.baseline.value)} />
        {figure.marks.map(({ day, figure: at }) => (
          <Mark key={day} term={`Day ${day}`} value={text(at?.value ?? null)} />
        ))}
        <Mark term="Aim" value={text(figure.target)} />
      </dl>
      {figure.trend.some(({ value }) => value !== null) && <Trend figure={figure} />}
      <p className={styles['definition']}>
        {figure.definition} <span className={styles['source']}>From {figure.source}.</span>
      </p>
    </article>
  );
}

function Mark({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Trend({ figure }: { readonly figure: Figure }) {
  const times = figure.trend.map(({ at }) => Date.parse(at) / 1_000);
  return (
    <>
      <LineChart
        title="Week by week"
        unit={figure.unit}
        axis="days"
        labels={['measured', 'aim']}
        times={times}
        values={[figure.trend.map(({ value }) => value), times.map(() => figure.target)]}
      />
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
                  {value === null ? '–' : formatFigure(value, figure.unit)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
