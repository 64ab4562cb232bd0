import type { Item, ItemNumber, OnCallPerson, Skill } from '../../../server/contract/insight.ts';
import { formatDuration, formatNumber } from '../parts/format.ts';
import type { Tone } from '../parts/status-tag.tsx';

interface Word {
  readonly tone: Tone;
  readonly label: string;
}

/** Where a person stands in a dimension. */
export function standingOf({ standing, level }: Pick<Skill, 'standing' | 'level'>): Word {
  switch (standing) {
    case 'current':
      return level === 'exceeds' ? { tone: 'accent', label: 'Exceeds' } : { tone: 'pass', label: 'Meets' };
    case 'lapsed':
      return { tone: 'warn', label: 'To be shown again' };
    case 'not yet':
      return { tone: 'warn', label: 'Not yet' };
    case 'unseen':
      return { tone: 'quiet', label: 'Not seen yet' };
  }
}

export const ON_CALL_WORDS: Readonly<Record<OnCallPerson['state'], Word>> = {
  ready: { tone: 'pass', label: 'Ready' },
  nearly: { tone: 'accent', label: 'Nearly' },
  lapsed: { tone: 'warn', label: 'No longer' },
  'not yet': { tone: 'quiet', label: 'Not yet' },
};

/** In the order of the table's columns. */
export const NUMBER_TITLES: Readonly<Record<ItemNumber, string>> = {
  passRate: 'Pass rate',
  medianMs: 'Median time',
  hints: 'Hints',
  falseFail: 'False fails',
  falsePass: 'False passes',
  inconclusive: 'Could not tell',
  flaky: 'Flaky',
  discrimination: 'Tells apart',
};

export function formatItemNumber(number: ItemNumber, value: number, locale?: string): string {
  switch (number) {
    case 'medianMs':
      return formatDuration(value);
    case 'hints':
      return formatNumber(value, 1, locale);
    case 'discrimination':
      return value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    default:
      return `${formatNumber(100 * value, value > 0 && value < 0.1 ? 1 : 0, locale)}%`;
  }
}

/** What an item is called among those of its level. */
export function nameOfItem({ level, lab, version, fault, check }: Item): string {
  switch (level) {
    case 'lab':
      return lab.title;
    case 'version':
      return `${lab.title}, ${version ?? ''}`;
    case 'fault':
      return fault ?? '';
    case 'check':
      return check?.title ?? '';
  }
}

export type SortKey = 'name' | 'attempts' | ItemNumber;

export interface Sorting {
  readonly by: SortKey;
  readonly descending: boolean;
}

/** What has no number stands at the end, whichever way it is sorted. */
export function sortItems(items: readonly Item[], { by, descending }: Sorting): Item[] {
  const sign = descending ? -1 : 1;
  return items.toSorted((a, b) => {
    if (by === 'name') return sign * nameOfItem(a).localeCompare(nameOfItem(b));
    const [left, right] = by === 'attempts' ? [a.attempts, b.attempts] : [a.numbers[by].value, b.numbers[by].value];
    if (left === null || right === null) return left === right ? nameOfItem(a).localeCompare(nameOfItem(b)) : left === null ? 1 : -1;
    return sign * (left - right) || nameOfItem(a).localeCompare(nameOfItem(b));
  });
}
