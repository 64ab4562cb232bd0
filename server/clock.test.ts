import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { orLate, sleep, type Clock } from './clock.ts';
import { ManualClock } from './testing/manual-clock.ts';

it('sleeps until its time, without a signal and with one', async () => {
  const clock = new ManualClock();
  let awake = 0;
  const both = [undefined, new AbortController().signal].map((signal) => sleep(clock, 1_000, signal).then(() => (awake += 1)));
  clock.advance(999);
  await setImmediate();
  expect(awake).toBe(0);
  clock.advance(1);
  await Promise.all(both);
  expect(awake).toBe(2);
});

it('wakes with the reason of its signal', async () => {
  const abort = new AbortController();
  const asleep = sleep(new ManualClock(), 1_000, abort.signal);
  abort.abort(new Error('It is over.'));
  await expect(asleep).rejects.toThrow('It is over.');
});

describe('what may be late', () => {
  let manual: ManualClock;
  let timers: number;
  let clock: Clock;

  beforeEach(() => {
    manual = new ManualClock();
    timers = 0;
    clock = {
      now: () => manual.now(),
      after(delayMs, callback) {
        const timer = manual.after(delayMs, callback);
        timers += 1;
        return {
          [Symbol.dispose]: () => {
            timers -= 1;
            timer[Symbol.dispose]();
          },
        };
      },
    };
  });

  it('is told when it comes in time', async () => {
    await expect(orLate(clock, Promise.resolve('done'), 1_000, 'late')).resolves.toBe('done');
    expect(timers).toBe(0);
  });

  it('fails when it fails in time', async () => {
    await expect(orLate(clock, Promise.reject(new Error('It broke.')), 1_000, 'late')).rejects.toThrow('It broke.');
    expect(timers).toBe(0);
  });

  it('is late past its time and not before, whatever it comes to afterwards', async () => {
    let fail = (): void => undefined;
    const work = new Promise<string>((_resolve, reject) => (fail = () => reject(new Error('It broke.'))));
    let told = '';
    const telling = orLate(clock, work, 1_000, 'late').then((answer) => (told = answer));
    manual.advance(999);
    await setImmediate();
    expect(told).toBe('');
    manual.advance(1);
    await telling;
    expect(told).toBe('late');
    expect(timers).toBe(0);
    // Vitest fails a run in which a rejection is nobody's.
    fail();
    await setImmediate();
  });
});
