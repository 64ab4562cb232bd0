import { DAY_MS, toInstant } from '../clock.ts';
import type { Figure, FigureValue, MetricId } from '../contract/program.ts';
import { mean } from '../statistics.ts';
import { metricDefinitions, type MetricDefinition } from './metric-definitions.ts';
import { figureOf, WINDOW_MS, type Fact } from './metric-values.ts';

export const MARK_DAYS = [30, 60, 90] as const;
const WEEK_MS = 7 * DAY_MS;

/** One programme with what is known of its people and its team. */
export interface ProgrammeFacts {
  readonly startsAtMs: number;
  readonly baselines: Readonly<Partial<Record<MetricId, number>>>;
  readonly targets: Readonly<Partial<Record<MetricId, number>>>;
  readonly facts: Readonly<Record<MetricId, readonly Fact[]>>;
}

/** The six numbers of some programmes together. Days are counted in each from its own start, so that a mark means the same for all. */
export function programmeFigures(programmes: readonly ProgrammeFacts[], nowMs: number): Figure[] {
  return metricDefinitions.map((definition) => figure(definition, programmes, nowMs));
}

function figure(definition: MetricDefinition, programmes: readonly ProgrammeFacts[], nowMs: number): Figure {
  const { id, title, definition: words, unit, better, source, target } = definition;
  const entered = mean(programmes.flatMap(({ baselines }) => baselines[id] ?? []));
  const targets = mean(programmes.flatMap(({ targets: own }) => own[id] ?? []));
  const sinceStart = relative(definition, programmes);
  const now = programmes.flatMap(({ facts }) => facts[id]);
  const lastDay = Math.min(...programmes.map(({ startsAtMs }) => (nowMs - startsAtMs) / DAY_MS));
  return {
    metric: id,
    title,
    definition: words,
    unit,
    better,
    source,
    baseline: entered === undefined ? at(definition, sinceStart, 0) : { value: entered, of: 0, why: null },
    baselineEntered: entered !== undefined,
    target: targets ?? target,
    now: at(definition, now, nowMs),
    marks: MARK_DAYS.map((day) => ({ day, figure: day <= lastDay ? at(definition, sinceStart, day * DAY_MS) : null })),
    trend: trend(definition, now, programmes, nowMs),
  };
}

/** What is due is counted from the beginning; everything else over thirty days. */
function at(definition: MetricDefinition, facts: readonly Fact[], atMs: number): FigureValue {
  return figureOf(definition, facts, windowStart(definition, atMs), atMs);
}

function windowStart({ id }: MetricDefinition, atMs: number): number {
  return id === 'completion' ? Number.NEGATIVE_INFINITY : atMs - WINDOW_MS;
}

/** A moment of the calendar, or the end of a day of each programme. */
export type Point = { readonly atMs: number } | { readonly day: number };

/** The number at a point, with the facts that it stands on. */
export function pointOf(
  definition: MetricDefinition,
  programmes: readonly ProgrammeFacts[],
  point: Point,
): { readonly figure: FigureValue; readonly facts: readonly Fact[] } {
  const atMs = 'day' in point ? point.day * DAY_MS : point.atMs;
  const fromMs = windowStart(definition, atMs);
  const placed = programmes.flatMap(({ facts, startsAtMs }) =>
    facts[definition.id].map((fact) => ({ fact, atMs: 'day' in point ? fact.atMs - startsAtMs : fact.atMs })),
  );
  const moved = placed.map(({ fact, atMs: placedMs }) => ({ ...fact, atMs: placedMs }));
  return {
    figure: figureOf(definition, moved, fromMs, atMs),
    facts: placed.filter((one) => one.atMs > fromMs && one.atMs <= atMs).map(({ fact }) => fact),
  };
}

function relative({ id }: MetricDefinition, programmes: readonly ProgrammeFacts[]): Fact[] {
  return programmes.flatMap(({ facts, startsAtMs }) => facts[id].map((fact) => ({ ...fact, atMs: fact.atMs - startsAtMs })));
}

function trend(
  definition: MetricDefinition,
  facts: readonly Fact[],
  programmes: readonly ProgrammeFacts[],
  nowMs: number,
): { at: string; value: number | null }[] {
  if (programmes.length === 0) return [];
  const first = Math.min(...programmes.map(({ startsAtMs }) => startsAtMs));
  const last = Math.min(nowMs, Math.max(...programmes.map(({ startsAtMs }) => startsAtMs)) + 90 * DAY_MS);
  const weeks = Math.max(0, Math.floor((last - first) / WEEK_MS));
  const times = [...Array.from({ length: Math.min(weeks, 52) + 1 }, (_, week) => first + week * WEEK_MS), ...(last > first ? [last] : [])];
  return [...new Set(times)].map((time) => ({ at: toInstant(time), value: at(definition, facts, time).value }));
}
