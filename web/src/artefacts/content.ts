import type { ArtefactContentView, Artefacts } from '../../../server/contract/artefacts.ts';
import type { MeasurementRun } from '../../../server/contract/measurements.ts';

export type Row = Readonly<Record<string, string>>;

const MAX_ROWS = 60;

export function textOf(content: ArtefactContentView, field: string): string {
  const value = content[field];
  return typeof value === 'string' ? value : '';
}

export function rowsOf(content: ArtefactContentView, field: string): readonly Row[] {
  const value = content[field];
  return Array.isArray(value) ? value : [];
}

/** `2026-11-21 09:14:03`: a timeline that is passed on is in UTC. */
export function timelineTime(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ');
}

/** Rows with what the product noted, in order of time; what is there already is not put in again, and a row's own time is kept as it is written. */
export function addRecord(rows: readonly Row[], record: Artefacts['record']): readonly Row[] {
  const noted = record.map(({ at, what }) => ({ at: timelineTime(at), what: what.slice(0, 500) }));
  const missing = noted.filter(({ at, what }) => !rows.some((row) => row['at'] === at && row['what'] === what));
  const kept = rows.filter((row) => Object.values(row).some((cell) => cell.trim() !== ''));
  const all: readonly Row[] = [...kept, ...missing].slice(0, MAX_ROWS);
  // Only times in the record's own form can be compared; anything else stays behind what it stood behind.
  return all.every((row) => /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}/.test(row['at'] ?? ''))
    ? all.toSorted((a, b) => ((a['at'] ?? '') < (b['at'] ?? '') ? -1 : (a['at'] ?? '') > (b['at'] ?? '') ? 1 : 0))
    : all;
}

/** Rows with what was measured, one for each workload of each run, after those that are there; what is there already is not put in again. */
export function addRuns(rows: readonly Row[], runs: readonly MeasurementRun[]): readonly Row[] {
  const measured = runs.flatMap(({ number, label, workloads }) =>
    workloads.flatMap(({ title, figures }) => {
      if (figures === null) return [];
      const { usdPerThousandRequests: usd, endToEndMs, quality } = figures;
      return [
        {
          run: `${number}. ${label}${workloads.length > 1 ? ` (${title})` : ''}`,
          cost: usd === null ? '' : usd.toFixed(usd < 1 ? 3 : 2),
          latency: endToEndMs === null ? '' : String(endToEndMs.p95),
          quality: quality === null ? '' : String(Math.round(quality * 100)),
        },
      ];
    }),
  );
  const kept = rows.filter((row) => Object.values(row).some((cell) => cell.trim() !== ''));
  const missing = measured.filter(({ run }) => !kept.some((row) => row['run'] === run));
  return [...kept, ...missing].slice(0, MAX_ROWS);
}
