import type { Start } from '../contract/insight.ts';
import type { Dimension, InsightRules } from './rules.ts';
import { dimensionWords } from './words.ts';

/** Titles for what the rules only name. */
export interface Titles {
  readonly lab: (slug: string) => string;
  readonly certificate: (id: string) => string;
}

export interface NextStep {
  readonly next: string;
  readonly start: Start | null;
}

/** What to take to show a dimension: the first lab that the rules name and that exists. */
export function howToShow(dimension: Dimension, { skills }: Pick<InsightRules, 'skills'>, titles: Titles): NextStep {
  const slug = skills.dimensions[dimension].labs[0];
  return slug === undefined
    ? { next: `Show ${dimensionWords(dimension)} in a lab that has checks of it.`, start: null }
    : { next: `Take the incident of “${titles.lab(slug)}”.`, start: { kind: 'lab', slug, title: titles.lab(slug) } };
}
