import type { MeasuredFigures, MeasurementRun, MeasurementWorkload } from '../../../server/contract/measurements.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import { LineChart } from '../services/line-chart.tsx';
import { describeAgainstAim, FIGURES, findFigure, isMet } from './figures.ts';
import styles from './measurements.module.css';
import { RunTable } from './run-table.tsx';

interface Props {
  readonly workload: MeasurementWorkload;
  readonly runs: readonly MeasurementRun[];
}

/** One workload over all runs: the last in words, then drawn, then every figure. */
export function WorkloadSection({ workload, runs }: Props) {
  const measured = runs.flatMap((run) => {
    const figures = run.workloads.find(({ id }) => id === workload.id)?.figures ?? null;
    return figures === null ? [] : [{ run, figures }];
  });
  const last = measured.at(-1);
  return (
    <section className={styles['workload']} aria-labelledby={`workload-${workload.id}`}>
      <h2 id={`workload-${workload.id}`} className={styles['title']}>
        {workload.title}
      </h2>
      {last !== undefined && <InWords workload={workload} run={last.run} figures={last.figures} />}
      {measured.length > 1 && <Charts workload={workload} measured={measured} />}
      <RunTable workload={workload} runs={runs} />
    </section>
  );
}

function InWords({
  workload,
  run,
  figures,
}: { readonly run: MeasurementRun; readonly figures: MeasuredFigures } & Pick<Props, 'workload'>) {
  const lines = FIGURES.flatMap((figure) => {
    const words = describeAgainstAim(figure, figures, workload.aims);
    return words === undefined ? [] : [{ figure, words, met: isMet(figure, figures, workload.aims) === true }];
  });
  return (
    <>
      <p className={styles['lead']}>
        Run {run.number}, {run.label}:
      </p>
      <ul className={styles['words']}>
        {lines.map(({ figure, words, met }) => (
          <li key={figure.id}>
            <StatusTag tone={met ? 'pass' : 'fail'}>{met ? 'Reached' : 'Missed'}</StatusTag>
            <span>{words}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is drawn, in the unit that its axis has. */
const DRAWN = [
  { id: 'cost', title: 'Cost of 1,000 requests', unit: '$', factor: 1 },
  { id: 'p95', title: 'p95', unit: 'ms', factor: 1 },
  { id: 'quality', title: 'Quality', unit: '%', factor: 100 },
] as const;

function Charts({
  workload,
  measured,
}: { readonly measured: readonly { run: MeasurementRun; figures: MeasuredFigures }[] } & Pick<Props, 'workload'>) {
  const numbers = measured.map(({ run }) => run.number);
  return (
    <div className={styles['charts']}>
      {DRAWN.map(({ id, title, unit, factor }) => {
        const figure = findFigure(id);
        const aim = figure.aimOf?.(workload.aims)?.value;
        const seen = measured.map(({ figures }) => scaled(figure.valueOf(figures), factor));
        return (
          <LineChart
            key={id}
            axis="runs"
            title={title}
            unit={unit}
            labels={aim === undefined ? ['measured'] : ['measured', 'aim']}
            times={numbers}
            values={aim === undefined ? [seen] : [seen, numbers.map(() => aim * factor)]}
          />
        );
      })}
    </div>
  );
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}
