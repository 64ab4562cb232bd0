import { describe, expect, it } from 'vitest';
import { incidentAttempt, readyAttempt } from '../testing/attempts.ts';
import { judgeHelp, type HelpSigns } from './needs-help.ts';
import { platformLost } from './platform-moves.ts';

const MINUTE = 60_000;
const calm: HelpSigns = { attempt: readyAttempt(), lastInputAtMs: 2 * MINUTE, connected: true, nowMs: 3 * MINUTE };
const reasonOf = (signs: HelpSigns): string | null => judgeHelp(signs).reason;

describe('who needs help', () => {
  it('is not who types and goes on', () => {
    expect(judgeHelp(calm)).toEqual({ score: 0, reason: null });
  });

  it.each([
    [
      'the platform stands in the way',
      { ...calm, attempt: platformLost(readyAttempt(), 'x', 0)!.attempt },
      'The platform is in their way.',
    ],
    ['time runs out', { ...calm, attempt: incidentAttempt(), lastInputAtMs: 16 * MINUTE, nowMs: 16.5 * MINUTE }, 'Time is running out.'],
    ['nothing was typed for long', { ...calm, nowMs: 8 * MINUTE }, 'Has not typed for 6 minutes.'],
    ['nothing was ever typed', { ...calm, lastInputAtMs: null, nowMs: 5 * MINUTE }, 'Has not typed for 5 minutes.'],
    ['a step takes long', { ...calm, lastInputAtMs: 12 * MINUTE, nowMs: 12 * MINUTE }, 'On "Deploy the server" for 12 minutes.'],
    ['the page was left', { ...calm, connected: false }, 'Is not on the page.'],
  ])('is whose attempt shows that %s', (_what, signs, reason) => {
    expect(reasonOf(signs)).toBe(reason);
    expect(judgeHelp(signs).score).toBeGreaterThan(0);
  });

  it('is more urgent the more signs there are, and never above a hundred', () => {
    const silent = judgeHelp({ ...calm, nowMs: 9 * MINUTE }).score;
    const silentAndGone = judgeHelp({ ...calm, nowMs: 9 * MINUTE, connected: false }).score;
    expect(silentAndGone).toBeGreaterThan(silent);
    const everything = {
      attempt: platformLost(
        { ...incidentAttempt(), steps: incidentAttempt().steps.map((step) => ({ ...step, hints: [0, 1, 2] })) },
        'x',
        0,
      )!.attempt,
      lastInputAtMs: 0,
      connected: false,
      nowMs: 19 * MINUTE,
    };
    expect(judgeHelp(everything).score).toBe(100);
  });
});
