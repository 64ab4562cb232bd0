import { VisuallyHidden } from '@mantine/core';
import type { MeasuredFigures, MeasurementRun, MeasurementWorkload, WorkloadAims } from '../../../server/contract/measurements.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { describeFailures, figuresToShow, isMet, type Figure } from './figures.ts';
import styles from './measurements.module.css';

interface Props {
  readonly workload: MeasurementWorkload;
  readonly runs: readonly MeasurementRun[];
}

/** All runs side by side; where there is no room for columns each becomes a card. */
export function RunTable({ workload, runs }: Props) {
  const seen = runs.map((run) => ({ run, measured: run.workloads.find(({ id }) => id === workload.id) }));
  const figures = figuresToShow(
    seen.flatMap(({ measured }) => (measured?.figures === undefined || measured.figures === null ? [] : [measured.figures])),
    workload.aims,
  );
  return (
    <div className={styles['frame']}>
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">Run</th>
            {figures.map((figure) => (
              <th key={figure.id} scope="col" className={styles['number']}>
                {figure.title}
                <AimOf figure={figure} aims={workload.aims} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {seen.map(({ run, measured }) => (
            <tr key={run.number} data-testid="run" data-state={run.state}>
              <th scope="row">
                <span className={styles['run']}>
                  {run.number}. {run.label}
                </span>
                <span className={styles['when']}>
                  <Instant at={run.startedAt} />
                </span>
              </th>
              {measured?.figures === undefined || measured.figures === null ? (
                <td colSpan={figures.length} className={styles['why']}>
                  <Unmeasured run={run} remark={measured?.remark ?? null} />
                </td>
              ) : (
                figures.map((figure) => (
                  <td key={figure.id} data-label={figure.title} className={styles['number']}>
                    <Cell figure={figure} figures={measured.figures as MeasuredFigures} aims={workload.aims} />
                  </td>
                ))
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AimOf({ figure, aims }: { readonly figure: Figure; readonly aims: WorkloadAims }) {
  const aim = figure.aimOf?.(aims);
  return aim === undefined ? null : (
    <span className={styles['aim']}>
      {aim.bound} {figure.format(aim.value)}
    </span>
  );
}

function Cell({ figure, figures, aims }: { readonly figure: Figure; readonly figures: MeasuredFigures; readonly aims: WorkloadAims }) {
  const value = figure.valueOf(figures);
  const met = isMet(figure, figures, aims);
  const failures = figure.id === 'failed' ? describeFailures(figures) : '';
  return (
    <span className={styles['cell']}>
      <span>
        <span className={styles['value']}>{value === null ? '–' : figure.format(value)}</span>
        {failures !== '' && <span className={styles['failures']}>{failures}</span>}
      </span>
      {met !== undefined && (
        <>
          <StatusIcon tone={met ? 'pass' : 'fail'} size={14} />
          <VisuallyHidden>{met ? 'reached' : 'missed'}</VisuallyHidden>
        </>
      )}
    </span>
  );
}

function Unmeasured({ run, remark }: { readonly run: MeasurementRun; readonly remark: string | null }) {
  switch (run.state) {
    case 'running':
      return <StatusTag tone="busy">Measuring</StatusTag>;
    case 'failed':
      return (
        <>
          <StatusTag tone="warn">Not measured</StatusTag> {run.reason}
        </>
      );
    case 'done':
      return (
        <>
          <StatusTag tone="fail">Nothing to measure</StatusTag> {remark ?? 'This run did not measure it.'}
        </>
      );
  }
}
