import type { SkillRules } from './rules.ts';
import { dayOf } from './words.ts';
import { validDaysOf, type SkillState } from './skills.ts';

/** What shows a level, or why there is none, in a sentence. */
export function skillWords({ dimension, standing, level, checks, passed, share, lastShownAtMs }: SkillState, rules: SkillRules): string {
  const seen = `${passed} of ${checks} ${checks === 1 ? 'check' : 'checks'} held`;
  const percent = Math.round(100 * (share ?? 0));
  switch (standing) {
    case 'unseen':
      return checks === 0
        ? 'No lab with checks of it has been judged yet.'
        : `${seen}; at least ${rules.minChecks} checks are needed to tell.`;
    case 'not yet':
      return `${seen}, with newer ones counting more: ${percent}% of the points; ${Math.round(100 * rules.meets)}% meet it.`;
    case 'lapsed':
      return `It was met, but last shown on ${dayOf(lastShownAtMs)}, more than ${validDaysOf(dimension, rules)} days ago.`;
    case 'current':
      return `${seen}, with newer ones counting more: ${percent}% of the points. ${
        level === 'exceeds'
          ? 'That exceeds it.'
          : `To exceed it: ${Math.round(100 * rules.exceeds)}% in at least ${rules.exceedsChecks} checks of ${rules.exceedsLabs} labs.`
      }`;
  }
}

/** How levels are made and how they age. */
export function rulesInWords(rules: SkillRules): string[] {
  const percent = (share: number): string => `${Math.round(100 * share)}%`;
  return [
    'A level comes from the checks of verdicts, as they count after regrades; nobody’s opinion and nobody else’s results are in it.',
    `A check counts half as much when it is ${rules.halfLifeDays} days old.`,
    `${percent(rules.meets)} of the points of at least ${rules.minChecks} checks meet a dimension; ${percent(rules.exceeds)} of at least ${rules.exceedsChecks} checks in ${rules.exceedsLabs} labs exceed it.`,
    `A level has to be shown again within ${rules.validDays} days, of some dimensions sooner.`,
  ];
}
