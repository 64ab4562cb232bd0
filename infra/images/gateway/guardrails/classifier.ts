import { hazards, type HazardRule } from './hazards.ts';

export interface Classification {
  readonly safe: boolean;
  /** `S1` to `S14`, in order. */
  readonly categories: readonly string[];
}

/** Most words that may stand between an action and its target; `don't` counts as two. */
const GAP_WORDS = 6;
const MAX_TEXT = 100_000;

interface CompiledRule {
  readonly category: string;
  readonly match: RegExp;
  readonly unless: RegExp | undefined;
}

const rules: readonly CompiledRule[] = Object.entries(hazards).flatMap(([category, { rules: own }]) =>
  own.map((rule) => ({ category, match: compile(rule), unless: rule.unless === undefined ? undefined : words(rule.unless) })),
);

// Words and what is between them have no character in common: the patterns cannot be made to backtrack for long.
function compile({ action, target }: HazardRule): RegExp {
  if (target === undefined) return words(action);
  return new RegExp(`(?<![\\w])(?:${action})(?:\\W+\\w+){0,${GAP_WORDS}}?\\W+(?:${target})(?![\\w])`, 'u');
}

function words(alternatives: string): RegExp {
  return new RegExp(`(?<![\\w])(?:${alternatives})(?![\\w])`, 'u');
}

/**
 * Judges a text by the vocabulary of hazards.ts, sentence by sentence: deterministic, local, and as good as its vocabulary. It sees through
 * digits for letters and through d-a-s-h-e-s; it does not understand. Of very long texts the first 100,000 characters count.
 */
export function classify(text: string, asked?: readonly string[]): Classification {
  const found = new Set<string>();
  for (const view of viewsOf(text.slice(0, MAX_TEXT)))
    for (const sentence of view.split(/(?<=[.!?;])\s|\n/u))
      for (const { category, match, unless } of rules)
        if (!found.has(category) && match.test(sentence) && unless?.test(sentence) !== true) found.add(category);
  const categories = [...found]
    .filter((category) => asked?.includes(category) ?? true)
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return { safe: categories.length === 0, categories };
}

/** The text as Llama Guard would answer it: `safe`, or `unsafe` and the categories on a second line. */
export function formatClassification({ safe, categories }: Classification): string {
  return safe ? 'safe' : `unsafe\n${categories.join(',')}`;
}

/** Reads a classifier's answer; undefined when it is none. */
export function parseClassification(text: string): Classification | undefined {
  const [verdict = '', second = ''] = text
    .trim()
    .toLowerCase()
    .split(/\s*\n\s*/);
  if (verdict === 'safe') return { safe: true, categories: [] };
  if (verdict !== 'unsafe') return undefined;
  return { safe: false, categories: (second.match(/s\d{1,2}/g) ?? []).map((category) => category.toUpperCase()) };
}

const leet: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' };

function viewsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKC')
    .replace(/[\u200B-\u200D\u2060\uFEFF\u00AD]/gu, '')
    .toLowerCase();
  const joined = plain.replace(/(?<!\w)\w([ ._*-])(?:\w\1)+\w(?!\w)/gu, (letters) => letters.replace(/[ ._*-]/gu, ''));
  const spelled = joined.replace(/[\w@$]+/gu, (word) =>
    /[a-z][013457@$]|[013457@$][a-z]/u.test(word) ? word.replace(/[013457@$]/gu, (sign) => leet[sign] ?? sign) : word,
  );
  return [...new Set([plain, joined, spelled])];
}
