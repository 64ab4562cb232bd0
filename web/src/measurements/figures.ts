import type { MeasuredFigures, WorkloadAims } from '../../../server/contract/measurements.ts';
import { formatNumber } from '../parts/format.ts';

/** One thing that is measured: how it is read from a run, written, and held against its aim. */
export interface Figure {
  readonly id: string;
  /** Heading of a column. */
  readonly title: string;
  /** Null where it could not be told. */
  readonly valueOf: (figures: MeasuredFigures) => number | null;
  readonly format: (value: number) => string;
  /** At most, or at least, so much. */
  readonly aimOf?: (aims: WorkloadAims) => Aim | undefined;
  /** Begins a sentence that the value ends. */
  readonly says?: string;
}

export interface Aim {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** `$14.20`; below a dollar in tenths of a cent. */
export function formatUsd(usd: number, locale?: string): string {
  const digits = Math.abs(usd) < 1 ? 3 : 2;
  return `$${usd.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

function formatMs(ms: number): string {
  return `${formatNumber(ms)} ms`;
}

function formatShare(share: number): string {
  return `${formatNumber(share * 100, 1)}%`;
}

function atMost(value: number | undefined): Aim | undefined {
  return value === undefined ? undefined : { bound: 'at most', value };
}

function atLeast(value: number | undefined): Aim | undefined {
  return value === undefined ? undefined : { bound: 'at least', value };
}

export const FIGURES: readonly Figure[] = [
  {
    id: 'cost',
    title: 'Cost of 1,000 requests',
    valueOf: (figures) => figures.usdPerThousandRequests,
    format: formatUsd,
    aimOf: (aims) => atMost(aims.usdPerThousandRequestsAtMost),
    says: '1,000 requests cost',
  },
  { id: 'p50', title: 'p50', valueOf: (figures) => figures.endToEndMs?.p50 ?? null, format: formatMs },
  {
    id: 'p95',
    title: 'p95',
    valueOf: (figures) => figures.endToEndMs?.p95 ?? null,
    format: formatMs,
    aimOf: (aims) => atMost(aims.p95MsAtMost),
    says: '95 of 100 answers come within',
  },
  { id: 'p99', title: 'p99', valueOf: (figures) => figures.endToEndMs?.p99 ?? null, format: formatMs },
  {
    id: 'first-token',
    title: 'First token, p95',
    valueOf: (figures) => figures.firstTokenMs?.p95 ?? null,
    format: formatMs,
    aimOf: (aims) => atMost(aims.firstTokenP95MsAtMost),
    says: 'The first token comes within',
  },
  {
    id: 'quality',
    title: 'Quality',
    valueOf: (figures) => figures.quality,
    format: formatShare,
    aimOf: (aims) => atLeast(aims.qualityAtLeast),
    says: 'Right answers are',
  },
  {
    id: 'cache',
    title: 'From the cache',
    valueOf: ({ cacheHits, answered }) => (answered === 0 ? null : cacheHits / answered),
    format: formatShare,
    aimOf: (aims) => atLeast(aims.cachedShareAtLeast),
    says: 'Answers from the cache are',
  },
  {
    id: 'failed',
    title: 'Failed',
    valueOf: ({ requests, answered }) => (requests === 0 ? null : (requests - answered) / requests),
    format: formatShare,
    aimOf: (aims) => atMost(aims.failedShareAtMost),
    says: 'Requests that failed are',
  },
];

export function findFigure(id: string): Figure {
  const figure = FIGURES.find((candidate) => candidate.id === id);
  if (figure === undefined) throw new RangeError(`There is no figure ${id}.`);
  return figure;
}

/** Undefined where there is no aim. What could not be measured misses every aim. */
export function isMet(figure: Figure, figures: MeasuredFigures, aims: WorkloadAims): boolean | undefined {
  const aim = figure.aimOf?.(aims);
  if (aim === undefined) return undefined;
  const value = figure.valueOf(figures);
  if (value === null) return false;
  return aim.bound === 'at most' ? value <= aim.value : value >= aim.value;
}

/** `1,000 requests cost $14.20, aim is at most $12.00`. */
export function describeAgainstAim(figure: Figure, figures: MeasuredFigures, aims: WorkloadAims): string | undefined {
  const aim = figure.aimOf?.(aims);
  if (aim === undefined || figure.says === undefined) return undefined;
  const value = figure.valueOf(figures);
  const wanted = `aim is ${aim.bound} ${figure.format(aim.value)}`;
  return value === null ? `${figure.title} could not be told, ${wanted}` : `${figure.says} ${figure.format(value)}, ${wanted}`;
}

/** What to show of a workload: what some run has, or what is aimed at. */
export function figuresToShow(runs: readonly MeasuredFigures[], aims: WorkloadAims): readonly Figure[] {
  return FIGURES.filter((figure) => figure.aimOf?.(aims) !== undefined || runs.some((figures) => figure.valueOf(figures) !== null));
}

/** `2 × queue-full, 1 × timeout`; empty where nothing failed. */
export function describeFailures({ failures }: MeasuredFigures): string {
  return Object.entries(failures)
    .map(([kind, count]) => `${formatNumber(count)} × ${kind}`)
    .join(', ');
}
