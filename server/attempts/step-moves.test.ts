import { describe, expect, it } from 'vitest';
import type { StepContent } from '../../labs/lab-stage.ts';
import { builtAttempt, checkResult, incidentAttempt, readyAttempt } from '../testing/attempts.ts';
import { askToSkip, checked, progressed, skipped, unlockHint } from './step-moves.ts';

const content: StepContent = {
  id: 'deploy',
  title: 'Deploy',
  phase: 'build',
  markdown: '',
  checks: [],
  hints: [
    { title: 'First', markdown: 'a', unlockAfterSeconds: 0 },
    { title: 'Second', markdown: 'b', unlockAfterSeconds: 60 },
  ],
};

describe('checks', () => {
  it('pass the step when all pass, and open the next', () => {
    const { attempt, journal } = checked(readyAttempt(), 'deploy', [checkResult('a', 'pass'), checkResult('b', 'pass')], 5)!;
    expect(attempt.steps.map((step) => step.state)).toEqual(['passed', 'open', 'locked']);
    expect(attempt.steps[0]?.credit).toHaveLength(2);
    expect(journal.map((entry) => entry.kind)).toEqual(['step-passed']);
  });

  it.each(['fail', 'inconclusive'] as const)('keep the step open while one is %s, and say why', (kind) => {
    const { attempt } = checked(readyAttempt(), 'deploy', [checkResult('a', 'pass'), checkResult('b', kind)], 5)!;
    expect(attempt.steps[0]).toMatchObject({
      state: 'open',
      credit: [],
      checks: [
        { state: 'pass', reason: null },
        { state: kind, reason: 'because of b', seen: ['seen'], checkedAtMs: 5 },
      ],
    });
  });

  it('do not pass a step for which nothing was checked', () => {
    expect(checked(readyAttempt(), 'deploy', [], 60_000)?.attempt.steps[0]?.state ?? 'open').toBe('open');
  });

  it('that say the same are written at most every ten seconds', () => {
    const once = checked(readyAttempt(), 'deploy', [checkResult('a', 'fail')], 20_000)!.attempt;
    expect(checked(once, 'deploy', [checkResult('a', 'fail')], 23_000)).toBeUndefined();
    expect(checked(once, 'deploy', [checkResult('a', 'fail', 'something else')], 23_000)).toBeDefined();
    expect(checked(once, 'deploy', [checkResult('a', 'fail')], 30_000)).toBeDefined();
  });

  it('that were not tried keep what is known of them, and pass nothing by themselves', () => {
    const untried = { ...checkResult('b', 'inconclusive', 'press the button'), untried: true as const };
    const first = checked(readyAttempt(), 'deploy', [checkResult('a', 'pass'), untried], 5)!.attempt;
    expect(first.steps[0]).toMatchObject({ state: 'open', checks: [{ state: 'pass' }, { state: 'inconclusive' }] });
    const tried = checked(first, 'deploy', [checkResult('a', 'fail'), checkResult('b', 'pass')], 6)!.attempt;
    const later = checked(tried, 'deploy', [checkResult('a', 'pass'), untried], 7)!.attempt;
    expect(later.steps[0]).toMatchObject({ state: 'open', checks: [{ state: 'pass' }, { state: 'pass', checkedAtMs: 6 }] });
  });

  it('that come too late for their step change nothing', () => {
    expect(checked(builtAttempt(), 'deploy', [checkResult('a', 'fail')], 0)).toBeUndefined();
    const skipping = askToSkip(readyAttempt(), 'deploy', 'pr_1', 0).attempt;
    expect(checked(skipping, 'deploy', [checkResult('a', 'pass')], 0)).toBeUndefined();
  });

  it('of the last build step do not open the incident', () => {
    expect(builtAttempt().steps.map((step) => step.state)).toEqual(['passed', 'passed', 'locked']);
  });
});

describe('skipping', () => {
  it('forfeits the credit even when the solution passes every check, and lets the clock go on', () => {
    const asked = askToSkip(readyAttempt(), 'deploy', 'pr_1', 1_000).attempt;
    expect(asked).toMatchObject({ operation: { kind: 'skip', stepId: 'deploy' }, clock: { running: false } });
    const { attempt } = skipped(asked, 'deploy', [checkResult('a', 'pass')], 9_000);
    expect(attempt.steps.map((step) => step.state)).toEqual(['skipped', 'open', 'locked']);
    expect(attempt.steps[0]?.credit[0]?.verdict).toMatchObject({ kind: 'fail' });
    expect(attempt).toMatchObject({ operation: null, clock: { running: true, remainingMs: 3_599_000 } });
  });

  it('is for the open step only', () => {
    expect(() => askToSkip(readyAttempt(), 'token', 'pr_1', 0)).toThrow(expect.objectContaining({ code: 'StepLocked' }));
    expect(() => askToSkip(readyAttempt(), 'nothing', 'pr_1', 0)).toThrow(expect.objectContaining({ code: 'NotFound' }));
  });
});

describe('hints', () => {
  it('open once their time has come, and say how long until then', () => {
    expect(() => unlockHint(readyAttempt(), content, 1, 'pr_1', 20_000)).toThrow(
      expect.objectContaining({ code: 'HintLocked', retryAfterSeconds: 40 }),
    );
    expect(unlockHint(readyAttempt(), content, 1, 'pr_1', 60_000)?.attempt.steps[0]?.hints).toEqual([1]);
  });

  it('are counted once', () => {
    const once = unlockHint(readyAttempt(), content, 0, 'pr_1', 0)!.attempt;
    expect(unlockHint(once, content, 0, 'pr_1', 0)).toBeUndefined();
  });

  it('of locked steps and beyond the last do not open', () => {
    expect(() => unlockHint(readyAttempt(), { ...content, id: 'token' }, 0, 'pr_1', 0)).toThrow(
      expect.objectContaining({ code: 'StepLocked' }),
    );
    expect(() => unlockHint(incidentAttempt(), content, 2, 'pr_1', 0)).toThrow(expect.objectContaining({ code: 'NotFound' }));
  });
});

describe('progress', () => {
  it('ends the entry that was begun, with how long it took', () => {
    const begun = progressed(readyAttempt(), { id: 'x', text: 'Doing', state: 'started' }, 100).attempt;
    const done = progressed(begun, { id: 'x', text: 'Done', state: 'done' }, 350).attempt;
    expect(done.progress).toEqual([{ id: 'x', text: 'Done', state: 'done', atMs: 100, tookMs: 250 }]);
    const again = progressed(done, { id: 'x', text: 'Doing', state: 'started' }, 400).attempt;
    expect(again.progress).toHaveLength(2);
  });

  it('keeps the newest hundred', () => {
    let attempt = readyAttempt();
    for (let index = 0; index < 120; index += 1) attempt = progressed(attempt, { id: `e${index}`, text: '', state: 'done' }, 0).attempt;
    expect(attempt.progress).toHaveLength(100);
    expect(attempt.progress.at(-1)?.id).toBe('e119');
  });
});
