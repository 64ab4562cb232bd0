import { describe, expect, it } from 'vitest';
import { creditDowntime, extendClock, remainingAt, resumeClock, startClock, stopClock, viewClock } from './attempt-clock.ts';

const MINUTE = 60_000;

describe('the attempt clock', () => {
  it('counts while it runs and not below nothing', () => {
    const clock = startClock(10, 1_000);
    expect(remainingAt(clock, 1_000 + 4 * MINUTE)).toBe(6 * MINUTE);
    expect(remainingAt(clock, 1_000 + 11 * MINUTE)).toBe(0);
  });

  it('stands still while stopped and says why', () => {
    const stopped = stopClock(startClock(10, 0), 2 * MINUTE, 'The engine is away.');
    expect(remainingAt(stopped, 60 * MINUTE)).toBe(8 * MINUTE);
    expect(viewClock(stopped, 60 * MINUTE)).toMatchObject({
      running: false,
      remainingMs: 8 * MINUTE,
      stoppedBecause: 'The engine is away.',
    });
    expect(remainingAt(resumeClock(stopped, 60 * MINUTE), 61 * MINUTE)).toBe(7 * MINUTE);
  });

  it("does not run backwards when the machine's clock does", () => {
    expect(remainingAt(startClock(10, 5_000), 0)).toBe(10 * MINUTE);
  });

  it.each([
    { what: 'seen alive a minute after the start', lastAliveMs: MINUTE, remaining: 9 },
    { what: 'never seen alive since', lastAliveMs: -MINUTE, remaining: 10 },
    { what: 'seen alive in the future', lastAliveMs: 99 * MINUTE, remaining: 5 },
  ])('gives the time back that the server was down: $what', ({ lastAliveMs, remaining }) => {
    const clock = creditDowntime(startClock(10, 0), lastAliveMs, 5 * MINUTE);
    expect(remainingAt(clock, 5 * MINUTE)).toBe(remaining * MINUTE);
  });

  it('gives nothing back to a clock that stood', () => {
    const stopped = stopClock(startClock(10, 0), MINUTE, 'x');
    expect(creditDowntime(stopped, MINUTE, 5 * MINUTE)).toEqual(stopped);
  });

  it('extends twice, running or not, and then no more', () => {
    const once = extendClock(stopClock(startClock(10, 0), MINUTE, 'x'), 2 * MINUTE);
    expect(once).toMatchObject({ remainingMs: 24 * MINUTE, totalMs: 25 * MINUTE, running: false, extensionsLeft: 1 });
    const twice = once === undefined ? undefined : extendClock(once, 2 * MINUTE);
    expect(twice).toMatchObject({ remainingMs: 39 * MINUTE, extensionsLeft: 0 });
    expect(twice === undefined ? undefined : extendClock(twice, 3 * MINUTE)).toBeUndefined();
  });

  it('warns at five minutes, of a short lab at a fifth', () => {
    expect(startClock(60, 0).warnBelowMs).toBe(5 * MINUTE);
    expect(startClock(10, 0).warnBelowMs).toBe(2 * MINUTE);
  });
});
