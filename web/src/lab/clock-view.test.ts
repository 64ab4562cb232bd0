import { describe, expect, it } from 'vitest';
import type { AttemptClock } from '../../../server/contract/attempts.ts';
import { announcement, remainingMs, urgencyOf } from './clock-view.ts';

const asOf = '2026-11-21T10:00:00.000Z';
const asOfMs = Date.parse(asOf);
const clock: AttemptClock = {
  running: true,
  asOf,
  remainingMs: 600_000,
  totalMs: 2_700_000,
  warnBelowMs: 300_000,
  extensionsLeft: 2,
  extensionMinutes: 15,
  stoppedBecause: null,
  extraMs: 0,
};

describe('remainingMs', () => {
  it('counts down from when it was told', () => {
    expect(remainingMs(clock, asOfMs + 90_000)).toBe(510_000);
  });

  it('stands still while the clock is stopped', () => {
    expect(remainingMs({ ...clock, running: false }, asOfMs + 90_000)).toBe(600_000);
  });

  it('never goes below nothing, nor above what was told when the clocks disagree', () => {
    expect(remainingMs(clock, asOfMs + 3_600_000)).toBe(0);
    expect(remainingMs(clock, asOfMs - 5_000)).toBe(600_000);
  });
});

describe('urgency', () => {
  it.each([
    [300_001, 'calm'],
    [300_000, 'soon'],
    [60_000, 'last minute'],
    [0, 'over'],
  ] as const)('%d ms left is %s', (left, urgency) => expect(urgencyOf(clock, left)).toBe(urgency));
});

describe('announcement', () => {
  it('says nothing while there is time', () => expect(announcement(clock, 'calm')).toBeNull());
  it('offers the extension only while there is one', () => {
    expect(announcement(clock, 'soon')).toBe('Less than 5 min left. You can add 15 minutes.');
    expect(announcement({ ...clock, extensionsLeft: 0 }, 'last minute')).toBe('Less than a minute left. It cannot be extended any more.');
  });
  it('says why the clock stands still', () => {
    expect(announcement({ ...clock, running: false, stoppedBecause: 'the engine is away.' }, 'soon')).toBe(
      'The clock stands still: the engine is away.',
    );
  });
});
