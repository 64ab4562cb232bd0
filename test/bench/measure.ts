import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatColumns } from './columns.ts';

/** Percentile of unsorted samples by the nearest-rank method. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'MB' | 'MB/s' | 'per s';
  /** The design's target; `atMost` or `atLeast` it. Absent where the design names none. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
  /** How many samples the value stands on, and which statistic it is. */
  readonly basis: string;
}

export function reaches({ value, target }: Measurement): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

export function formatTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const { name, value, unit, target, basis } = measurement;
    const goal = target === undefined ? '' : 'atMost' in target ? `≤ ${target.atMost} ${unit}` : `≥ ${target.atLeast} ${unit}`;
    const met = reaches(measurement);
    return [name, `${formatNumber(value)} ${unit}`, goal, met === undefined ? '' : met ? 'reached' : 'missed', basis];
  });
  return formatColumns([['what', 'measured', 'target', '', 'basis'], ...rows]);
}

export function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly tookMs: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, tookMs: performance.now() - startedAt };
}

/** Twice, since what finalizers let go of is only found by the next. Works in every process, whatever flags it was started with. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
}
