/**
 * OpenAI's categories, each with the words that decide here. A rule wants an act and somebody it is done to, so that killing a process
 * or attacking a problem is no violence.
 */
const person = '(?:you|him|her|anyone|someone|everyone|people)';
const rules: readonly { readonly category: string; readonly pattern: RegExp }[] = [
  { category: 'harassment', pattern: new RegExp(`\\b(?:you are worthless|nobody would miss ${person}|i know where you live)\\b`, 'i') },
  { category: 'harassment/threatening', pattern: new RegExp(`\\bi(?:'|’| wi)ll (?:hurt|kill|stab|beat) ${person}\\b`, 'i') },
  { category: 'hate', pattern: /\b(?:subhuman|vermin|that whole race)\b/i },
  { category: 'hate/threatening', pattern: /\b(?:that|this) whole (?:race|religion) .{0,60}\b(?:killed|driven out|exterminated)\b/i },
  { category: 'illicit', pattern: /\bhow to (?:break into|burgle|launder|forge|counterfeit|steal)\b/i },
  { category: 'illicit/violent', pattern: /\bhow to (?:make|build) (?:a |an )?(?:bomb|explosive|pipe bomb|gun)\b/i },
  { category: 'self-harm', pattern: /\b(?:kill|cut|hurt|harm)(?:ing)? (?:yourself|myself)\b/i },
  { category: 'self-harm/intent', pattern: /\bi (?:want|am going) to (?:kill|hurt|cut) myself\b/i },
  { category: 'self-harm/instructions', pattern: /\byou should (?:kill|hurt|cut) yourself\b/i },
  { category: 'sexual', pattern: /\b(?:explicit sexual|pornograph\w*)\b/i },
  { category: 'sexual/minors', pattern: /\bsexual\w* .{0,30}\b(?:child|children|minor|minors)\b/i },
  { category: 'violence', pattern: new RegExp(`\\b(?:kill|stab|shoot|beat up|hurt) ${person}\\b`, 'i') },
  { category: 'violence/graphic', pattern: /\b(?:dismember\w*|blood everywhere|gore)\b/i },
];

/** Scores that are plainly on either side of any threshold. */
const FLAGGED_SCORE = 0.97;
const CLEAR_SCORE = 0.0001;

export interface ModerationResult {
  readonly flagged: boolean;
  readonly categories: Readonly<Record<string, boolean>>;
  readonly category_scores: Readonly<Record<string, number>>;
  readonly category_applied_input_types: Readonly<Record<string, readonly string[]>>;
}

/** One text by the rules. Deterministic; no model stands behind it. */
export function moderate(text: string): ModerationResult {
  const found = rules.map(({ category, pattern }) => [category, pattern.test(text)] as const);
  return {
    flagged: found.some(([, isFound]) => isFound),
    categories: Object.fromEntries(found),
    category_scores: Object.fromEntries(found.map(([category, isFound]) => [category, isFound ? FLAGGED_SCORE : CLEAR_SCORE])),
    category_applied_input_types: Object.fromEntries(found.map(([category, isFound]) => [category, isFound ? ['text'] : []])),
  };
}
