import { describe, expect, it } from 'vitest';
import type { Scorecard } from '../../grader/verdict.ts';
import { AppError } from '../app-error.ts';
import { builtAttempt, incidentAttempt, provisioningAttempt, readyAttempt, requestedAttempt } from '../testing/attempts.ts';
import { canStartIncident, type Attempt, type Move } from './attempt.ts';
import { remainingAt } from './attempt-clock.ts';
import * as endings from './ending-moves.ts';
import * as steps from './moves.ts';
import * as platform from './platform-moves.ts';

const moves = { ...steps, ...endings, ...platform };
const MINUTE = 60_000;
const baseline = { capturedAt: '', data: {} };
const injection = { fault: 'bad-image', injectedAt: '', data: {} };
const scorecard = (outcome: Scorecard['outcome']): Scorecard => ({
  outcome,
  score: 80,
  passMark: 70,
  headline: `It ${outcome}.`,
  checks: [],
  dimensions: [],
  labHash: '',
  gradedAt: '',
});

const gradingAttempt = (): Attempt => moves.askForVerdict(incidentAttempt(), 'pr_1', MINUTE).attempt;
const operating = (): Attempt => moves.reset(incidentAttempt(), 'fault', 'pr_1', 0).attempt;
const states: Readonly<Record<string, () => Attempt>> = {
  requested: requestedAttempt,
  provisioning: provisioningAttempt,
  building: readyAttempt,
  built: builtAttempt,
  incident: incidentAttempt,
  'being reset': operating,
  grading: gradingAttempt,
  passed: () => moves.graded(gradingAttempt(), scorecard('passed'), MINUTE).attempt,
  abandoned: () => moves.abandon(readyAttempt(), 'pr_1', MINUTE).attempt,
};

/** Each move with the states it is allowed in; everywhere else it must be refused. */
const table: readonly { readonly move: string; readonly allowed: readonly string[]; readonly make: (attempt: Attempt) => Move }[] = [
  { move: 'admit', allowed: ['requested'], make: (a) => moves.admit(a) },
  { move: 'prepared', allowed: ['provisioning'], make: (a) => moves.prepared(a, 'lab', 0) },
  { move: 'start incident', allowed: ['built'], make: (a) => moves.startIncident(a, baseline, undefined, 'pr_1', 0) },
  {
    move: 'inject by hand',
    allowed: ['building', 'built', 'incident'],
    make: (a) => moves.startIncident(a, baseline, 'missing-secret', 'pr_2', 0),
  },
  { move: 'extend', allowed: ['building', 'built', 'incident', 'being reset'], make: (a) => moves.extend(a, 'pr_1', 0) },
  { move: 'reset to start', allowed: ['building', 'built', 'incident'], make: (a) => moves.reset(a, 'start', 'pr_1', 0) },
  { move: 'reset to healthy', allowed: ['incident'], make: (a) => moves.reset(a, 'healthy', 'pr_1', 0) },
  { move: 'reset to fault', allowed: ['incident'], make: (a) => moves.reset(a, 'fault', 'pr_1', 0) },
  { move: 'ask for the verdict', allowed: ['incident'], make: (a) => moves.askForVerdict(a, 'pr_1', 0) },
  { move: 'time runs out', allowed: ['building', 'built', 'incident', 'being reset'], make: (a) => moves.timeRanOut(a, 0) },
  { move: 'graded', allowed: ['grading'], make: (a) => moves.graded(a, scorecard('passed'), 0) },
  {
    move: 'abandon',
    allowed: ['requested', 'provisioning', 'building', 'built', 'incident', 'being reset', 'grading'],
    make: (a) => moves.abandon(a, 'pr_1', 0),
  },
  {
    move: 'broke',
    allowed: ['requested', 'provisioning', 'building', 'built', 'incident', 'being reset', 'grading'],
    make: (a) => moves.broke(a, 'x', 0),
  },
];
const cases = table.flatMap((row) => Object.keys(states).map((state) => ({ ...row, state, isAllowed: row.allowed.includes(state) })));

describe('which move is allowed in which state', () => {
  it.each(cases)('$move while $state: $isAllowed', ({ make, state, isAllowed }) => {
    const attempt = states[state]!();
    const before = JSON.stringify(attempt);
    if (isAllowed) {
      const { attempt: next, journal } = make(attempt);
      expect(next.revision).toBe(attempt.revision + 1);
      expect(next.journalSeq).toBe(attempt.journalSeq + journal.length);
    } else {
      expect(() => make(attempt)).toThrow(AppError);
    }
    expect(JSON.stringify(attempt)).toBe(before);
  });
});

describe('the way through a guided lab', () => {
  it('starts the clock when the sandbox is ready, with the first build step open', () => {
    const ready = moves.prepared(provisioningAttempt(), 'lab', 5_000).attempt;
    expect(ready).toMatchObject({ state: 'ready', namespace: 'lab' });
    expect(ready.clock).toMatchObject({ running: true, totalMs: 60 * MINUTE, asOfMs: 5_000 });
    expect(ready.steps.map((step) => step.state)).toEqual(['open', 'locked', 'locked']);
  });

  it('stops the clock while the incident is prepared and gives it its own time when it is live', () => {
    const arming = moves.startIncident(builtAttempt(), baseline, undefined, 'pr_1', 50 * MINUTE).attempt;
    expect(arming).toMatchObject({ state: 'ready', operation: { kind: 'incident', fault: 'bad-image' }, clock: { running: false } });
    const live = moves.faultLive(moves.faultInjected(arming, injection).attempt, 55 * MINUTE).attempt;
    expect(live).toMatchObject({ state: 'incident', operation: null, incidentStartedAtMs: 55 * MINUTE });
    expect(live.clock).toMatchObject({ running: true, remainingMs: 20 * MINUTE });
    expect(live.steps.map((step) => step.state)).toEqual(['passed', 'passed', 'open']);
  });

  it('does not call a fault live that was not injected', () => {
    const arming = moves.startIncident(builtAttempt(), baseline, undefined, 'pr_1', 0).attempt;
    expect(() => moves.faultLive(arming, 0)).toThrow(AppError);
  });

  it("goes on with an instructor's fault although build steps are open, which then count as not done", () => {
    const arming = moves.startIncident(readyAttempt(), baseline, 'missing-secret', 'pr_2', 0).attempt;
    const live = moves.faultLive(moves.faultInjected(arming, injection).attempt, 0).attempt;
    expect(live.variant.fault).toBe('missing-secret');
    expect(live.steps.map((step) => step.state)).toEqual(['locked', 'locked', 'open']);
  });
});

describe('an incident alone', () => {
  it('goes from the sandbox straight to the fault without a clock before it', () => {
    const prepared = moves.prepared(provisioningAttempt('incident'), 'lab', 0).attempt;
    expect(prepared).toMatchObject({ state: 'provisioning', prepared: true, clock: null, operation: { kind: 'incident' } });
    expect(incidentAttempt('incident', 7)).toMatchObject({ state: 'incident', incidentStartedAtMs: 7, clock: { totalMs: 20 * MINUTE } });
  });

  it('has no start to go back to', () => {
    expect(() => moves.reset(incidentAttempt('incident'), 'start', 'pr_1', 0)).toThrow('no build steps');
  });
});

describe('resets', () => {
  it('to the start: steps, baseline and fault are gone, time goes on', () => {
    const asked = moves.reset(incidentAttempt(), 'start', 'pr_1', 5 * MINUTE).attempt;
    const done = moves.resetToStart(asked, 9 * MINUTE).attempt;
    expect(done).toMatchObject({ state: 'ready', baseline: null, injection: null, operation: null });
    expect(done.steps.map((step) => step.state)).toEqual(['open', 'locked', 'locked']);
    expect(remainingAt(done.clock!, 9 * MINUTE)).toBe(15 * MINUTE);
  });

  it('to the healthy state: the clock stands until the incident starts again, with the time that was left', () => {
    const healthy = moves.resetToHealthy(moves.reset(incidentAttempt(), 'healthy', 'pr_1', 5 * MINUTE).attempt, 'wait', 6 * MINUTE).attempt;
    expect(healthy).toMatchObject({ state: 'ready', injection: null, clock: { running: false, remainingMs: 15 * MINUTE } });
    expect(canStartIncident(healthy)).toBe(true);
    const arming = moves.startIncident(healthy, baseline, undefined, 'pr_1', 30 * MINUTE).attempt;
    const live = moves.faultLive(moves.faultInjected(arming, injection).attempt, 31 * MINUTE).attempt;
    expect(live.incidentStartedAtMs).toBe(0);
    expect(remainingAt(live.clock!, 31 * MINUTE)).toBe(15 * MINUTE);
  });

  it('to the fault: goes on to inject the same one again', () => {
    const next = moves.resetToHealthy(operating(), 'inject', 0).attempt;
    expect(next).toMatchObject({ state: 'incident', injection: null, operation: { kind: 'incident', fault: 'bad-image' } });
  });

  it('that fail leave the attempt where it was, with a word, and the clock running', () => {
    const failed = moves.operationFailed(operating(), 'The API did not answer.', MINUTE).attempt;
    expect(failed).toMatchObject({ state: 'incident', operation: null, trouble: 'The API did not answer.', clock: { running: true } });
  });

  it('that fail after the fault was taken away leave a healthy sandbox and a clock that stands', () => {
    const failed = moves.operationFailed({ ...operating(), injection: null }, 'x', MINUTE).attempt;
    expect(failed).toMatchObject({ state: 'ready', clock: { running: false } });
  });
});

describe('time', () => {
  it('that runs out before the incident expires the attempt', () => {
    expect(moves.timeRanOut(readyAttempt(), 60 * MINUTE).attempt).toMatchObject({ state: 'expired', endedAtMs: 60 * MINUTE });
  });

  it('that runs out with the fault live has the work judged as it stands', () => {
    expect(moves.timeRanOut(incidentAttempt(), 20 * MINUTE).attempt).toMatchObject({
      state: 'grading',
      grading: { because: 'time' },
      endedAtMs: null,
    });
  });

  it('stands while grading', () => {
    expect(gradingAttempt().clock).toMatchObject({ running: false, remainingMs: 19 * MINUTE });
  });

  it('refuses a third extension', () => {
    const twice = moves.extend(moves.extend(readyAttempt(), 'pr_1', 0).attempt, 'pr_1', 0).attempt;
    expect(() => moves.extend(twice, 'pr_1', 0)).toThrow(expect.objectContaining({ code: 'NoExtensionsLeft' }));
  });
});

describe('verdicts', () => {
  it.each(['passed', 'failed'] as const)('%s ends the attempt with its score', (outcome) => {
    expect(moves.graded(gradingAttempt(), scorecard(outcome), 2 * MINUTE).attempt).toMatchObject({
      state: outcome,
      score: 80,
      endedAtMs: 2 * MINUTE,
    });
  });

  it('inconclusive, when it was asked for, gives the work and the time back', () => {
    const back = moves.graded(gradingAttempt(), scorecard('inconclusive'), 9 * MINUTE).attempt;
    expect(back).toMatchObject({ state: 'incident', grading: null, score: null, clock: { running: true, remainingMs: 19 * MINUTE } });
    expect(back.trouble).toContain('could not decide');
  });

  it('inconclusive, when time had run out, breaks it and counts for nothing', () => {
    const grading = moves.timeRanOut(incidentAttempt(), 20 * MINUTE).attempt;
    expect(moves.graded(grading, scorecard('inconclusive'), 21 * MINUTE).attempt).toMatchObject({ state: 'broken', score: null });
  });
});

describe('the platform', () => {
  it('that goes away stops the clock and says so; back again, the clock goes on', () => {
    const lost = moves.platformLost(incidentAttempt(), 'The engine is away.', 5 * MINUTE)!.attempt;
    expect(lost).toMatchObject({
      state: 'incident',
      trouble: 'The engine is away.',
      clock: { running: false, stoppedBecause: 'The engine is away.' },
    });
    const back = moves.platformBack(lost, 50 * MINUTE)!.attempt;
    expect(back).toMatchObject({ trouble: null, clock: { running: true } });
    expect(remainingAt(back.clock!, 50 * MINUTE)).toBe(15 * MINUTE);
  });

  it('does not start a clock that something else holds', () => {
    const lost = moves.platformLost(operating(), 'The engine is away.', MINUTE)!.attempt;
    const back = moves.platformBack(lost, 2 * MINUTE);
    expect(back?.attempt.clock ?? lost.clock).toMatchObject({ running: false });
  });

  it('says the same thing once', () => {
    const lost = moves.platformLost(incidentAttempt(), 'Away.', 0)!.attempt;
    expect(moves.platformLost(lost, 'Away.', 1)).toBeUndefined();
  });

  it('leaves what has ended alone', () => {
    expect(moves.platformLost(states.passed!(), 'Away.', 0)).toBeUndefined();
    expect(moves.resumeAfterRestart(states.passed!(), 0, 0)).toBeUndefined();
  });

  it('restarted: the time it was away does not count', () => {
    const resumed = moves.resumeAfterRestart(incidentAttempt(), 2 * MINUTE, 30 * MINUTE)!.attempt;
    expect(remainingAt(resumed.clock!, 30 * MINUTE)).toBe(18 * MINUTE);
  });
});
