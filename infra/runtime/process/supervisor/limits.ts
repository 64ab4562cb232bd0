import type { ProcessEntry } from './process-table.ts';

/** When to look at a container's memory again, and whether it must die now. Decided here, done in `limits-watch.ts`. */
export interface MemorySample {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** The sample before; absent for the first. */
  readonly previous?: { readonly usedBytes: number; readonly agoMs: number };
  readonly ageMs: number;
  /** For how long it has not grown. */
  readonly quietMs: number;
}

export const FASTEST_POLL_MS = 20;
export const SLOWEST_POLL_MS = 250;
/** Programs allocate most in their first moments. */
const YOUNG_MS = 2_000;
/** What has not grown for so long is at rest: many containers are, and each look at one costs several reads of /proc. */
const QUIET_MS = 5_000;
/** No process was seen to touch memory faster on the machines this runs on: what an idle one may take until the next look. */
const FASTEST_GROWTH_BYTES_A_MS = 1 << 20;

export function planMemoryPoll(sample: MemorySample): number {
  if (sample.ageMs < YOUNG_MS) return FASTEST_POLL_MS;
  if (sample.quietMs >= QUIET_MS) return SLOWEST_POLL_MS;
  const { usedBytes, limitBytes, previous } = sample;
  const headroomBytes = Math.max(0, limitBytes - usedBytes);
  const growth = previous === undefined ? 0 : Math.max(0, usedBytes - previous.usedBytes) / Math.max(1, previous.agoMs);
  const untilLimitMs = headroomBytes / (growth > 0 ? growth : FASTEST_GROWTH_BYTES_A_MS);
  return Math.min(SLOWEST_POLL_MS, Math.max(FASTEST_POLL_MS, untilLimitMs / 2));
}

/**
 * Which processes are too many. A pids cgroup would have refused their forks; from outside, the youngest are ended instead, so that
 * what ran before a fork bomb goes on. The container's first process is never among them.
 */
export function planPidLimit(processes: readonly ProcessEntry[], pidLimit: number, firstPid: number): readonly number[] {
  const excess = processes.length - pidLimit;
  if (excess <= 0) return [];
  const youngestFirst = processes.filter(({ pid }) => pid !== firstPid).sort((a, b) => b.startTicks - a.startTicks || b.pid - a.pid);
  return youngestFirst.slice(0, excess).map(({ pid }) => pid);
}
