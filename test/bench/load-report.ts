import { percentile, formatNumber } from './measure.ts';
import { formatColumns } from './columns.ts';
import { actions, type Action, type Sample } from './load-trainee.ts';
import type { UsageSample } from './load-usage.ts';

export interface ActionRow {
  readonly action: Action;
  readonly count: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** What one trainee more costs, and how far each resource was used when it was used most. */
export interface UsageFigures {
  readonly trainees: number;
  readonly tookSeconds: number;
  readonly serverCpuSecondsEach: number;
  readonly machineCpuSecondsEach: number;
  readonly serverMemoryBytesEach: number;
  readonly machineMemoryBytesEach: number;
  /** Of what serves the servers, by name. */
  readonly partCpuSecondsEach: Readonly<Record<string, number>>;
  /** From 0 to 1, the busiest {@link WINDOW_MS}. */
  readonly peaks: Readonly<Record<Resource, number>>;
  readonly saturated: Saturation | undefined;
}

export interface Saturation {
  readonly resource: Resource;
  /** After the first trainee began. */
  readonly afterSeconds: number;
}

export type Resource = 'a server’s thread' | 'the machine’s processors' | 'the machine’s memory';

/** Shorter peaks are what a queue is for. */
const WINDOW_MS = 10_000;
/** Above this, waiting grows faster than load. */
const SATURATED_FROM = 0.9;

export function summariseActions(samples: readonly Sample[]): readonly ActionRow[] {
  return actions.map((action) => {
    const own = samples.filter((sample) => sample.action === action);
    const times = own.filter(({ failure }) => failure === undefined).map(({ tookMs }) => tookMs);
    return {
      action,
      count: own.length,
      failures: own.length - times.length,
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      p99Ms: percentile(times, 0.99),
    };
  });
}

/** The samples are at least two, in the order of time; the first was taken before anybody came. */
export function summariseUsage(samples: readonly UsageSample[], trainees: number): UsageFigures {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) throw new Error('Usage needs two samples at two moments.');
  const most = (of: (sample: UsageSample) => number): number => Math.max(...samples.map(of)) - of(first);
  const shares = samples.flatMap((sample) => {
    const before = samples.findLast(({ atMs }) => atMs <= sample.atMs - WINDOW_MS);
    return before === undefined ? [] : [{ atMs: sample.atMs, used: usedBetween(before, sample) }];
  });
  // A run shorter than the window is one window.
  const windows = shares.length === 0 ? [{ atMs: last.atMs, used: usedBetween(first, last) }] : shares;
  return {
    trainees,
    tookSeconds: (last.atMs - first.atMs) / 1000,
    serverCpuSecondsEach: (last.serverCpuSeconds - first.serverCpuSeconds) / trainees,
    machineCpuSecondsEach: (last.machineCpuSeconds - first.machineCpuSeconds) / trainees,
    serverMemoryBytesEach: most(({ serverMemoryBytes }) => serverMemoryBytes) / trainees,
    machineMemoryBytesEach: most(({ machineMemoryBytes }) => machineMemoryBytes) / trainees,
    partCpuSecondsEach: Object.fromEntries(
      Object.entries(last.partCpuSeconds).map(([name, value]) => [name, (value - (first.partCpuSeconds[name] ?? 0)) / trainees]),
    ),
    peaks: {
      'a server’s thread': Math.max(...windows.map(({ used }) => used['a server’s thread'])),
      'the machine’s processors': Math.max(...windows.map(({ used }) => used['the machine’s processors'])),
      'the machine’s memory': Math.max(...windows.map(({ used }) => used['the machine’s memory'])),
    },
    saturated: firstSaturated(windows, first.atMs),
  };
}

function usedBetween(before: UsageSample, after: UsageSample): Readonly<Record<Resource, number>> {
  const seconds = (after.atMs - before.atMs) / 1000;
  return {
    'a server’s thread': Math.max(
      ...after.serverThreadSeconds.map((value, index) => (value - (before.serverThreadSeconds[index] ?? 0)) / seconds),
    ),
    'the machine’s processors': (after.machineCpuSeconds - before.machineCpuSeconds) / seconds / after.cores,
    'the machine’s memory': after.machineMemoryBytes / after.machineMemoryTotalBytes,
  };
}

/** Of several in the same window the fullest counts. */
function firstSaturated(
  windows: readonly { readonly atMs: number; readonly used: Readonly<Record<Resource, number>> }[],
  startedAtMs: number,
): Saturation | undefined {
  for (const { atMs, used } of windows) {
    const [fullest] = (Object.entries(used) as [Resource, number][]).sort(([, a], [, b]) => b - a);
    if (fullest !== undefined && fullest[1] >= SATURATED_FROM) return { resource: fullest[0], afterSeconds: (atMs - startedAtMs) / 1000 };
  }
  return undefined;
}

export function formatLoad(rows: readonly ActionRow[], usage: UsageFigures): string {
  const time = (ms: number): string => (Number.isNaN(ms) ? '-' : ms >= 10_000 ? `${formatNumber(ms / 1000)} s` : `${formatNumber(ms)} ms`);
  const latencies = formatColumns([
    ['action', 'p50', 'p95', 'p99', 'done', 'failed'],
    ...rows.map(({ action, count, failures, p50Ms, p95Ms, p99Ms }) => [
      action,
      ...[p50Ms, p95Ms, p99Ms].map(time),
      String(count - failures),
      String(failures),
    ]),
  ]);
  return `${latencies}\n\n${formatColumns(usageRows(usage))}\n\n${describeSaturation(usage)}`;
}

function usageRows(usage: UsageFigures): readonly (readonly string[])[] {
  const megabytes = (bytes: number): string => `${formatNumber(bytes / 1e6)} MB`;
  const seconds = (value: number): string => `${formatNumber(value)} s`;
  return [
    [
      'a trainee takes',
      'of the servers',
      'of the machine, sandboxes included',
      ...Object.keys(usage.partCpuSecondsEach).map((name) => `of ${name}`),
    ],
    [
      'processor, whole attempt',
      ...[usage.serverCpuSecondsEach, usage.machineCpuSecondsEach, ...Object.values(usage.partCpuSecondsEach)].map(seconds),
    ],
    ['memory, at the peak', megabytes(usage.serverMemoryBytesEach), megabytes(usage.machineMemoryBytesEach)],
  ];
}

function describeSaturation({ trainees, tookSeconds, peaks, saturated }: UsageFigures): string {
  const used = Object.entries(peaks)
    .sort(([, a], [, b]) => b - a)
    .map(([resource, share]) => `${resource} ${Math.round(share * 100)} %`)
    .join(', ');
  const first =
    saturated === undefined
      ? 'Nothing was saturated.'
      : `What saturates first: ${saturated.resource}, after ${Math.round(saturated.afterSeconds)} s.`;
  return `${trainees} trainees in ${Math.round(tookSeconds)} s. ${first} Used in the busiest ${WINDOW_MS / 1000} s: ${used}.`;
}
