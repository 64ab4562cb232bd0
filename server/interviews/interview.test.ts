import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { abandon } from '../attempts/ending-moves.ts';
import { incidentAttempt } from '../testing/attempts.ts';
import { eraseAtMs, isSameExercise, stateOf, totalMinutes, type Interview, type InterviewTerms } from './interview.ts';

const terms: InterviewTerms = {
  lab: { slug: 'endpoint', title: 'Endpoint' },
  mode: 'incident',
  fault: 'bad-image',
  minutes: 40,
  aiPolicy: 'none',
  extraTime: { percent: 0, minutes: 0 },
  showsResult: false,
  retainDays: 10,
};
const interview: Interview = {
  id: 'iv_1',
  personId: 'pr_1',
  candidate: 'Kim',
  terms,
  createdBy: 'pr_2',
  createdAtMs: 0,
  expiresAtMs: 1_000,
  consentedAtMs: null,
  revokedAtMs: null,
  erasedAtMs: null,
};
const running = incidentAttempt('incident');
const over = abandon(running, 'pr_1', 5_000).attempt;

describe('an interview', () => {
  it.each([
    ['waiting', {}, undefined, 999],
    ['expired', {}, undefined, 1_000],
    ['running', {}, running, 9_000],
    ['over', {}, over, 9_000],
    ['revoked', { revokedAtMs: 3 }, over, 9_000],
    ['erased', { erasedAtMs: 4, revokedAtMs: 3 }, over, 9_000],
  ] as const)('is %s', (state, change, attempt, nowMs) => {
    expect(stateOf({ ...interview, ...change }, attempt, nowMs)).toBe(state);
  });

  it('is kept for its days from the end, or from when it could not begin any more, and never erased while it runs', () => {
    expect(eraseAtMs(interview, over)).toBe(5_000 + 10 * DAY_MS);
    expect(eraseAtMs(interview, undefined)).toBe(1_000 + 10 * DAY_MS);
    expect(eraseAtMs({ ...interview, revokedAtMs: 500 }, undefined)).toBe(500 + 10 * DAY_MS);
    expect(eraseAtMs(interview, running)).toBeNull();
    expect(eraseAtMs({ ...interview, erasedAtMs: 1 }, over)).toBeNull();
  });

  it('lasts as long as its clocks together, with extra time', () => {
    expect(totalMinutes(terms, 20)).toBe(40);
    expect(totalMinutes({ ...terms, extraTime: { percent: 25, minutes: 5 } }, 20)).toBe(55);
    expect(totalMinutes({ ...terms, mode: 'guided', extraTime: { percent: 50, minutes: 0 } }, 20)).toBe(90);
  });

  it('is put beside those with the same to do, whatever extra time they had', () => {
    expect(isSameExercise(terms, { ...terms, extraTime: { percent: 50, minutes: 0 }, retainDays: 1 })).toBe(true);
    for (const change of [{ fault: null }, { minutes: 41 }, { aiPolicy: 'allowed' }, { mode: 'guided' }] as const)
      expect(isSameExercise(terms, { ...terms, ...change })).toBe(false);
  });
});
