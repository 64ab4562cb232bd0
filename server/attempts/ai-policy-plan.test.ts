import { expect, it } from 'vitest';
import { planAiPolicy, type AiRule } from './ai-policy-plan.ts';

const rule = (cohortId: string, lab: string | null, policy: AiRule['policy']): AiRule => ({ cohortId, lab, policy });

it.each([
  ['without a word: allowed', undefined, [], 'allowed'],
  ['the lab’s own', 'none', [], 'none'],
  ['a cohort goes before the lab', 'none', [rule('a', null, 'allowed')], 'allowed'],
  [
    'a cohort’s rule for the lab goes before its rule for all',
    undefined,
    [rule('a', null, 'none'), rule('a', 'endpoint', 'allowed')],
    'allowed',
  ],
  ['a rule for another lab says nothing', 'required', [rule('a', 'gateway', 'none')], 'required'],
  ['of two cohorts the stricter', undefined, [rule('a', null, 'allowed'), rule('b', null, 'required')], 'required'],
  ['forbidding goes before asking for', undefined, [rule('a', 'endpoint', 'none'), rule('b', 'endpoint', 'required')], 'none'],
] as const)('%s', (_title, labDefault, rules, expected) => {
  expect(planAiPolicy('endpoint', labDefault, rules)).toBe(expected);
});
