import type { Figure, MetricId } from './program.ts';

/** How the six numbers are said, on the pages and on paper. Pure; numbers are written as the locale does, the reader's by default. */

type Unit = Figure['unit'];

/** With its unit where people write one: `66%`, `41 minutes`, `$14.20`, `110`. */
export function formatFigure(value: number, unit: Unit, locale?: string): string {
  switch (unit) {
    case '%':
      return `${formatNumber(value, value < 10 ? 1 : 0, locale)}%`;
    case 'min':
      return `${formatNumber(value, value < 10 ? 1 : 0, locale)} min`;
    case '$':
      return `$${value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
    case 'a month':
      return formatNumber(value, 0, locale);
  }
}

interface Wording {
  readonly now: (value: string) => string;
  readonly before: (value: string) => string;
}

const WORDS: Readonly<Record<MetricId, Wording>> = {
  completion: { now: (value) => `${value} of what was due is done`, before: (value) => `it was ${value}` },
  passed: { now: (value) => `${value} of attempts pass`, before: (value) => `it was ${value}` },
  recovery: { now: (value) => `Recovery takes ${value}`, before: (value) => `it took ${value}` },
  cost: { now: (value) => `1,000 requests cost ${value}`, before: (value) => `they cost ${value}` },
  'change-failures': { now: (value) => `${value} of changes fail`, before: (value) => `it was ${value}` },
  tickets: { now: (value) => `${value} tickets a month`, before: (value) => `there were ${value}` },
};

/** The figure in one sentence: “Recovery takes 41 min; it took 90 min; the aim is 60 min.” */
export function sentenceOf({ metric, unit, now, baseline, target }: Figure, locale?: string): string {
  const text = (value: number): string => formatFigure(value, unit, locale);
  const words = WORDS[metric];
  const aim = `the aim is ${text(target)}`;
  const before = baseline.value === null ? '' : `; ${words.before(text(baseline.value))}`;
  if (now.value === null) return `${now.why ?? 'Not known.'} ${aim.charAt(0).toUpperCase()}${aim.slice(1)}.`;
  return `${words.now(text(now.value))}${before}; ${aim}.`;
}

export type Standing = 'reached' | 'better' | 'same' | 'worse' | 'unknown';

/** How the figure stands between where it was and where it should be. Half a percent of the way is no change. */
export function standingOf({ now, baseline, target, better }: Figure): Standing {
  if (now.value === null) return 'unknown';
  const sign = better === 'up' ? 1 : -1;
  if ((now.value - target) * sign >= 0) return 'reached';
  if (baseline.value === null) return 'same';
  const gained = (now.value - baseline.value) * sign;
  if (Math.abs(gained) <= Math.abs(baseline.value) * 0.005) return 'same';
  return gained > 0 ? 'better' : 'worse';
}

function formatNumber(value: number, digits: number, locale?: string): string {
  return value.toLocaleString(locale, { maximumFractionDigits: digits });
}
