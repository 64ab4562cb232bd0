import type { KeyRecord, TeamRecord } from './records.ts';
import { parseDuration } from './duration.ts';

type Budgeted = Pick<KeyRecord & TeamRecord, 'spend' | 'maxBudget' | 'budgetDuration' | 'budgetResetAtMs'>;

/** The record as it is now: with its spend back at nothing where the budget's period is over. Missed periods are skipped. */
export function withBudgetPeriod<T extends Budgeted>(record: T, nowMs: number): T {
  const periodMs = parseDuration(record.budgetDuration ?? '');
  if (periodMs === undefined || record.budgetResetAtMs === undefined || nowMs < record.budgetResetAtMs) return record;
  const periods = Math.floor((nowMs - record.budgetResetAtMs) / periodMs) + 1;
  return { ...record, spend: 0, budgetResetAtMs: record.budgetResetAtMs + periods * periodMs };
}

/** LiteLLM refuses once the spend has reached the budget: the request that passes it is still answered. */
export function isOverBudget({ spend, maxBudget }: Budgeted): boolean {
  return maxBudget !== undefined && spend >= maxBudget;
}
