import { systemClock, type Clock } from '../../cluster/meta/clock.ts';

/** Time since the process started, in fractions of a millisecond: tokens come closer together than the system's clock can tell apart. */
export const monotonicClock: Clock = { now: () => performance.now(), after: (delayMs, callback) => systemClock.after(delayMs, callback) };
