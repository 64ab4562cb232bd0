import type { AttemptClock } from '../contract/attempts.ts';
import { toInstant } from '../clock.ts';
import { allowedMinutes, extraMinutes, noExtraTime, type ExtraTime } from './extra-time.ts';

/** The attempt's clock as it is stored. `remainingMs` was true at `asOfMs`; while running it has shrunk since. */
export interface ClockState {
  readonly totalMs: number;
  readonly remainingMs: number;
  readonly asOfMs: number;
  readonly running: boolean;
  readonly warnBelowMs: number;
  readonly extensionsLeft: number;
  readonly extensionMinutes: number;
  readonly stoppedBecause: string | null;
  /** How much of the total is extra time of the person's. Absent in clocks from before there was any. */
  readonly extraMs?: number;
}

/** The clock stood from one time to the other; null: it still does. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** More than a run of trouble makes; the oldest are let go beyond this. */
const MAX_PAUSES = 200;

export const clockPolicy = { extensions: 2, extensionMinutes: 15, warnBelowMs: 5 * 60_000 } as const;

const MINUTE_MS = 60_000;

interface ClockOptions {
  readonly extraTime?: ExtraTime;
  /** In place of the policy's. */
  readonly extensions?: number;
}

export function startClock(minutes: number, nowMs: number, { extraTime = noExtraTime, extensions }: ClockOptions = {}): ClockState {
  const totalMs = allowedMinutes(minutes, extraTime) * MINUTE_MS;
  return {
    totalMs,
    remainingMs: totalMs,
    asOfMs: nowMs,
    running: true,
    // Of a very short lab a fifth, or the warning would stand from the start.
    warnBelowMs: Math.min(clockPolicy.warnBelowMs, totalMs / 5),
    extensionsLeft: extensions ?? clockPolicy.extensions,
    extensionMinutes: clockPolicy.extensionMinutes,
    stoppedBecause: null,
    extraMs: extraMinutes(minutes, extraTime) * MINUTE_MS,
  };
}

export function remainingAt(clock: ClockState, nowMs: number): number {
  return clock.running ? Math.max(0, clock.remainingMs - Math.max(0, nowMs - clock.asOfMs)) : clock.remainingMs;
}

/** Stopping a clock that stands changes the reason only when it is given a new one. */
export function stopClock(clock: ClockState, nowMs: number, because: string): ClockState {
  return { ...clock, remainingMs: remainingAt(clock, nowMs), asOfMs: nowMs, running: false, stoppedBecause: because };
}

export function resumeClock(clock: ClockState, nowMs: number): ClockState {
  return { ...clock, remainingMs: remainingAt(clock, nowMs), asOfMs: nowMs, running: true, stoppedBecause: null };
}

/** The time the orchestrator was down does not count: the clock goes on from when it was last seen alive. */
export function creditDowntime(clock: ClockState, lastAliveMs: number, nowMs: number): ClockState {
  if (!clock.running) return clock;
  const aliveUntilMs = Math.min(Math.max(lastAliveMs, clock.asOfMs), nowMs);
  return { ...clock, remainingMs: remainingAt(clock, aliveUntilMs), asOfMs: nowMs };
}

/** The pauses with what a change of the clock adds to them: it stopped, went on, or was given back time that nobody had. Pure. */
export function notePauses(pauses: readonly Pause[], before: ClockState | null, after: ClockState | null): readonly Pause[] {
  if (before === null || after === null || before === after) return pauses;
  if (before.running && !after.running) return [...pauses, { fromMs: after.asOfMs, toMs: null }].slice(-MAX_PAUSES);
  const last = pauses.at(-1);
  if (!before.running && after.running && last?.toMs === null) return [...pauses.slice(0, -1), { ...last, toMs: after.asOfMs }];
  const givenBackMs =
    before.running && after.running ? after.remainingMs - remainingAt(before, after.asOfMs) - (after.totalMs - before.totalMs) : 0;
  return givenBackMs <= 0 ? pauses : [...pauses, { fromMs: after.asOfMs - givenBackMs, toMs: after.asOfMs }].slice(-MAX_PAUSES);
}

/** Undefined when no extension is left. */
export function extendClock(clock: ClockState, nowMs: number): ClockState | undefined {
  if (clock.extensionsLeft <= 0) return undefined;
  const addedMs = clock.extensionMinutes * MINUTE_MS;
  return {
    ...clock,
    totalMs: clock.totalMs + addedMs,
    remainingMs: remainingAt(clock, nowMs) + addedMs,
    asOfMs: nowMs,
    extensionsLeft: clock.extensionsLeft - 1,
  };
}

/** More time for this attempt alone, given by a person. Uses up no extension. */
export function addTime(clock: ClockState, minutes: number, nowMs: number): ClockState {
  const addedMs = minutes * MINUTE_MS;
  return {
    ...clock,
    totalMs: clock.totalMs + addedMs,
    remainingMs: remainingAt(clock, nowMs) + addedMs,
    asOfMs: nowMs,
    extraMs: (clock.extraMs ?? 0) + addedMs,
  };
}

export function viewClock(clock: ClockState, nowMs: number): AttemptClock {
  return {
    running: clock.running,
    asOf: toInstant(nowMs),
    remainingMs: remainingAt(clock, nowMs),
    totalMs: clock.totalMs,
    warnBelowMs: clock.warnBelowMs,
    extensionsLeft: clock.extensionsLeft,
    extensionMinutes: clock.extensionMinutes,
    stoppedBecause: clock.stoppedBecause,
    extraMs: clock.extraMs ?? 0,
  };
}
