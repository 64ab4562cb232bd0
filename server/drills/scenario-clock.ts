/**
 * The drill's own time. Scenario time runs with the wall clock while the drill runs, and can be moved forward; played time only runs. Immutable.
 */
export interface ScenarioClock {
  readonly scenarioMs: number;
  readonly playedMs: number;
  /** Since when it runs, by the wall clock; null: it stands. */
  readonly runningSinceMs: number | null;
}

export const stoppedClock: ScenarioClock = { scenarioMs: 0, playedMs: 0, runningSinceMs: null };

export function readClock(clock: ScenarioClock, nowMs: number): { readonly scenarioMs: number; readonly playedMs: number } {
  // A wall clock that is set back must not turn scenario time back.
  const ranMs = clock.runningSinceMs === null ? 0 : Math.max(0, nowMs - clock.runningSinceMs);
  return { scenarioMs: clock.scenarioMs + ranMs, playedMs: clock.playedMs + ranMs };
}

export function runClock(clock: ScenarioClock, nowMs: number): ScenarioClock {
  return clock.runningSinceMs === null ? { ...clock, runningSinceMs: nowMs } : clock;
}

export function stopClock(clock: ScenarioClock, nowMs: number): ScenarioClock {
  return { ...readClock(clock, nowMs), runningSinceMs: null };
}

export function moveClock(clock: ScenarioClock, toMs: number, nowMs: number): ScenarioClock {
  const { playedMs } = readClock(clock, nowMs);
  return { scenarioMs: toMs, playedMs, runningSinceMs: clock.runningSinceMs === null ? null : nowMs };
}
