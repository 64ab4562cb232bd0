import type { GuardrailSettings } from '../config/gateway-config.ts';
import { findData } from './personal-data.ts';

/** What a guardrail made of a text. */
export type Inspection =
  | { readonly kind: 'passed' }
  | { readonly kind: 'masked'; readonly text: string }
  | { readonly kind: 'blocked'; readonly reason: string; readonly categories: readonly string[] };

export type ContentFilter = (text: string) => Inspection;

interface Rule {
  readonly name: string;
  readonly category: string;
  readonly action: 'BLOCK' | 'MASK';
  readonly tag: string;
  matches(text: string): readonly { readonly start: number; readonly end: number }[];
}

/** LiteLLM's content filter: patterns and words that block or are masked. The first rule that blocks wins. */
export function createContentFilter({ params }: GuardrailSettings): ContentFilter {
  const rules = [...(params.patterns ?? []).map(patternRule), ...(params.blocked_words ?? []).map(wordRule)];
  return (text) => {
    const blocking = rules.find((rule) => rule.action === 'BLOCK' && rule.matches(text).length > 0);
    if (blocking !== undefined)
      return { kind: 'blocked', reason: `Content blocked: ${blocking.name} detected`, categories: [blocking.category] };
    const masked = rules.filter((rule) => rule.action === 'MASK').reduce(maskBy, text);
    return masked === text ? { kind: 'passed' } : { kind: 'masked', text: masked };
  };
}

function maskBy(text: string, rule: Rule): string {
  return [...rule.matches(text)].reverse().reduce((masked, { start, end }) => masked.slice(0, start) + rule.tag + masked.slice(end), text);
}

function patternRule(pattern: NonNullable<GuardrailSettings['params']['patterns']>[number]): Rule {
  const name = pattern.pattern_name ?? pattern.name ?? 'regex';
  const rule = {
    name: `${name} pattern`,
    category: pattern.category ?? name,
    action: pattern.action,
    tag: `[${name.toUpperCase()}_REDACTED]`,
  };
  if (pattern.pattern_type === 'prebuilt') return { ...rule, matches: (text) => findData(text, [name]) };
  return { ...rule, matches: matcher(pattern.pattern ?? '') };
}

function wordRule(word: NonNullable<GuardrailSettings['params']['blocked_words']>[number]): Rule {
  const literal = word.keyword.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    name: `keyword '${word.keyword}'`,
    category: word.category ?? 'keyword',
    action: word.action,
    tag: '[KEYWORD_REDACTED]',
    matches: matcher(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`),
  };
}

function matcher(pattern: string): Rule['matches'] {
  const regex = new RegExp(pattern, 'giu');
  return (text) =>
    [...text.matchAll(regex)]
      .filter(([match]) => match !== '')
      .map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
