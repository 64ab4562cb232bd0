import type { WorkloadMeasurement } from '../../labs/lab-stage.ts';
import { toInstant, toInstantOrNull } from '../clock.ts';
import type { MeasurementRun } from '../contract/measurements.ts';
import type { PersonRef } from '../contract/roles.ts';
import { toCsv, type CsvColumn } from '../csv.ts';
import type { StoredRun } from './measurement-records.ts';

export function viewRun(run: StoredRun, nameOf: (personId: string) => PersonRef): MeasurementRun {
  return {
    number: run.number,
    label: run.label,
    by: nameOf(run.byId),
    startedAt: toInstant(run.startedAtMs),
    finishedAt: toInstantOrNull(run.finishedAtMs),
    state: run.finishedAtMs === null ? 'running' : run.reason === null ? 'done' : 'failed',
    reason: run.reason,
    workloads: run.workloads.map(({ figures, ...workload }) => ({
      ...workload,
      aims: { ...workload.aims },
      figures: figures === null ? null : { ...figures, failures: { ...figures.failures } },
    })),
  };
}

type Line = { readonly run: StoredRun } & WorkloadMeasurement;

const COLUMNS: readonly CsvColumn<Line>[] = [
  ['Run', ({ run }) => run.number],
  ['Label', ({ run }) => run.label],
  ['Measured (UTC)', ({ run }) => toInstant(run.startedAtMs)],
  ['Workload', ({ title }) => title],
  ['US$ per 1,000 requests', ({ figures }) => figures?.usdPerThousandRequests ?? null],
  ['Aim: US$ at most', ({ aims }) => aims.usdPerThousandRequestsAtMost ?? null],
  ['p50 (ms)', ({ figures }) => figures?.endToEndMs?.p50 ?? null],
  ['p95 (ms)', ({ figures }) => figures?.endToEndMs?.p95 ?? null],
  ['p99 (ms)', ({ figures }) => figures?.endToEndMs?.p99 ?? null],
  ['Aim: p95 at most (ms)', ({ aims }) => aims.p95MsAtMost ?? null],
  ['First token p50 (ms)', ({ figures }) => figures?.firstTokenMs?.p50 ?? null],
  ['First token p95 (ms)', ({ figures }) => figures?.firstTokenMs?.p95 ?? null],
  ['Quality (0 to 1)', ({ figures }) => figures?.quality ?? null],
  ['Aim: quality at least', ({ aims }) => aims.qualityAtLeast ?? null],
  ['Requests', ({ figures }) => figures?.requests ?? null],
  ['Answered', ({ figures }) => figures?.answered ?? null],
  ['From the cache', ({ figures }) => figures?.cacheHits ?? null],
  ['Failures', ({ figures }) => (figures === null ? null : describeFailures(figures.failures))],
  ['Remark', ({ remark }) => remark],
];

/** A line for each workload of each run that was measured. */
export function measurementsCsv(runs: readonly StoredRun[]): string {
  return toCsv(
    COLUMNS,
    runs.flatMap((run) => run.workloads.map((workload) => ({ run, ...workload }))),
  );
}

function describeFailures(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}
