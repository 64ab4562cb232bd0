import { describe, expect, it } from 'vitest';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, planRetryMs } from './retry-plan.ts';

describe('planRetryMs', () => {
  it('doubles from half a second to ten', () => {
    expect([0, 1, 2, 3, 4, 5].map((failures) => planRetryMs(failures, 0.5))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000]);
  });

  it('stays within its bounds whatever the luck and the count', () => {
    for (const failures of [0, 1, 7, 60, 5_000]) {
      for (const random of [0, 0.5, 0.999]) {
        const wait = planRetryMs(failures, random);
        expect(wait).toBeGreaterThanOrEqual(FIRST_RETRY_MS * 0.75);
        expect(wait).toBeLessThanOrEqual(LONGEST_RETRY_MS);
      }
    }
  });

  it('spreads a class that lost the link together', () => {
    expect(planRetryMs(3, 0)).toBeLessThan(planRetryMs(3, 0.9));
  });
});
