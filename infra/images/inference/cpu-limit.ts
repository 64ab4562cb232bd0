import { readFileSync } from 'node:fs';

/** What the models' times on a CPU are measured with. */
const REFERENCE_MILLI = 1_000;

/**
 * The container's CPU limit in thousandths of a core, undefined without one: what the process runtime says, else what the container's cgroup
 * has (version 2, then 1).
 */
export function cpuLimitMilli(
  env: Readonly<Record<string, string | undefined>>,
  read: (file: string) => string | undefined = readOptional,
): number | undefined {
  const told = env['DRILLHOUSE_CPU_LIMIT_MILLI'];
  if (told !== undefined) return positive(Number(told));
  const [quota, period] = (
    read('/sys/fs/cgroup/cpu.max') ??
    `${read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? ''} ${read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? ''}`
  )
    .trim()
    .split(/\s+/)
    .map(Number);
  return quota === undefined || period === undefined ? undefined : positive((quota / period) * 1_000);
}

/** `max`, `-1` and what cannot be read are no limit. */
function positive(milli: number): number | undefined {
  return Number.isFinite(milli) && milli > 0 ? milli : undefined;
}

/** How much longer work takes than on the reference's one core. More cores than that do not speed these small models up. */
export function cpuSlowdown(limitMilli: number | undefined): number {
  return limitMilli === undefined ? 1 : Math.max(1, REFERENCE_MILLI / limitMilli);
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
