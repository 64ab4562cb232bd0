import type { AiPolicy } from '../contract/ai-policy.ts';

/** What a cohort says; `lab` null: for all labs that it does not name. */
export interface AiRule {
  readonly cohortId: string;
  readonly lab: string | null;
  readonly policy: AiPolicy;
}

/** From the strictest on: what forbids goes before what asks for, and that before what leaves it open. */
const STRICTNESS: readonly AiPolicy[] = ['none', 'required', 'allowed'];

/**
 * What holds for an attempt at `labSlug`: of each cohort of those who play its rule for the lab, else its rule for all labs; of several cohorts the strictest;
 * without any the lab's own. Pure.
 */
export function planAiPolicy(labSlug: string, labDefault: AiPolicy | undefined, rules: readonly AiRule[]): AiPolicy {
  const cohortIds = [...new Set(rules.map(({ cohortId }) => cohortId))];
  const policies = cohortIds.flatMap((cohortId) => {
    const own = rules.filter((rule) => rule.cohortId === cohortId);
    const rule = own.find(({ lab }) => lab === labSlug) ?? own.find(({ lab }) => lab === null);
    return rule === undefined ? [] : [rule.policy];
  });
  return STRICTNESS.find((policy) => policies.includes(policy)) ?? labDefault ?? 'allowed';
}
