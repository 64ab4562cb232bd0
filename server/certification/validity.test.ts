import { describe, expect, it } from 'vitest';
import { planExpiry, planRenewal, stateOf } from './validity.ts';

const at = (instant: string): number => Date.parse(instant);

describe('expiry', () => {
  it.each([
    ['2026-11-21T09:00:00Z', 24, '2028-11-21T09:00:00Z'],
    ['2026-01-31T09:00:00Z', 1, '2026-02-28T09:00:00Z'],
    ['2028-02-29T23:59:59Z', 12, '2029-02-28T23:59:59Z'],
    ['2026-12-15T00:00:00Z', 1, '2027-01-15T00:00:00Z'],
  ])('of %s after %i months is %s', (issued, months, expiry) => {
    expect(planExpiry(at(issued), months)).toBe(at(expiry));
  });

  it('is none without a validity', () => {
    expect(planExpiry(0, undefined)).toBeNull();
  });
});

describe('state', () => {
  it.each([
    [null, null, 'valid'],
    [100, null, 'valid'],
    [99, null, 'expired'],
    [100, 5, 'revoked'],
    [50, 5, 'revoked'],
  ] as const)('until %s, revoked at %s', (validUntilMs, revokedAtMs, state) => {
    expect(stateOf({ validUntilMs, revokedAtMs }, 99)).toBe(state);
  });
});

describe('renewal', () => {
  const renewal = { opensDaysBefore: 90, remindDaysBefore: [7, 90, 30] };
  const validUntilMs = at('2028-11-21T00:00:00Z');
  it.each([
    ['2028-08-22T23:59:59Z', false, []],
    ['2028-08-23T00:00:00Z', true, [90]],
    ['2028-10-22T00:00:00Z', true, [90, 30]],
    ['2028-11-20T00:00:00Z', true, [90, 30, 7]],
    ['2029-01-01T00:00:00Z', true, [90, 30, 7]],
  ])('at %s', (now, open, dueReminders) => {
    expect(planRenewal({ validUntilMs, revokedAtMs: null }, renewal, at(now))).toMatchObject({ open, dueReminders });
  });

  it('is none for what never expires, says nothing of it, or was revoked', () => {
    expect(planRenewal({ validUntilMs: null, revokedAtMs: null }, renewal, 0)).toBeNull();
    expect(planRenewal({ validUntilMs, revokedAtMs: null }, undefined, 0)).toBeNull();
    expect(planRenewal({ validUntilMs, revokedAtMs: 1 }, renewal, 0)).toBeNull();
  });
});
