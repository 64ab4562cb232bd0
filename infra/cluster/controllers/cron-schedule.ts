import { Cron } from 'croner';

/** Past so many missed times Kubernetes stops counting; here the latest is still found. */
const TOO_MANY_MISSED = 100;

export interface DueTimes {
  /** The latest time at or before now that has not been run, if any. */
  readonly dueMs: number | undefined;
  readonly nextMs: number | undefined;
  readonly isTooManyMissed: boolean;
}

/**
 * When a schedule was last due after `afterMs`, and when it is next. Standard five fields and macros, day of month and day of week as
 * alternatives; without a time zone UTC. Undefined for a schedule that cannot be read.
 */
export function dueTimes(schedule: string, timeZone: string | undefined, afterMs: number, nowMs: number): DueTimes | undefined {
  const cron = parse(schedule, timeZone);
  if (cron === undefined) return undefined;
  let dueMs: number | undefined;
  let missed = 0;
  let at = cron.nextRun(new Date(afterMs));
  while (at !== null && at.getTime() <= nowMs) {
    dueMs = at.getTime();
    missed += 1;
    // Long after the last run, going on from the last interval is enough to find the latest.
    if (missed > TOO_MANY_MISSED) {
      const intervalMs = Math.max(60_000, (cron.nextRun(at)?.getTime() ?? dueMs) - dueMs);
      at = cron.nextRun(new Date(Math.max(dueMs, nowMs - 2 * intervalMs)));
      if (at === null || at.getTime() > nowMs) break;
      dueMs = at.getTime();
      at = cron.nextRun(at);
      continue;
    }
    at = cron.nextRun(at);
  }
  return { dueMs, nextMs: cron.nextRun(new Date(nowMs))?.getTime(), isTooManyMissed: missed > TOO_MANY_MISSED };
}

function parse(schedule: string, timeZone: string | undefined): Cron | undefined {
  try {
    return new Cron(schedule, { paused: true, timezone: timeZone ?? 'Etc/UTC', mode: schedule.startsWith('@') ? 'auto' : '5-part' });
  } catch {
    return undefined;
  }
}
