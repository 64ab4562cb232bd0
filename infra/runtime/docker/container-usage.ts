import { z } from 'zod';
import type { ContainerStats } from '../runtime.ts';
import { statusCodeOf, toRuntimeError, type Engine } from './engine.ts';

/** The part of the engine's answer that is needed; a container that has ended has no usage in it. */
const statsSchema = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number(), stats: z.record(z.string(), z.number()).optional() }),
});

/**
 * Working set as the kubelet counts it: usage without the file cache that the kernel would give back at once. cgroup v1 and v2 name
 * that differently.
 */
export function toContainerStats(answer: unknown): ContainerStats | undefined {
  const parsed = statsSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { read, cpu_stats, memory_stats } = parsed.data;
  const reclaimable = memory_stats.stats?.total_inactive_file ?? memory_stats.stats?.inactive_file ?? 0;
  return {
    at: new Date(read),
    cpuNanoseconds: cpu_stats.cpu_usage.total_usage,
    memoryWorkingSetBytes: Math.max(0, memory_stats.usage - reclaimable),
  };
}

export async function fetchStats(engine: Engine, id: string): Promise<ContainerStats | undefined> {
  try {
    // One shot: without it the engine waits a second for a second sample.
    return toContainerStats(await engine.calls.getContainer(id).stats({ stream: false, 'one-shot': true }));
  } catch (error) {
    if ([404, 409].includes(statusCodeOf(error) ?? 0)) return undefined;
    throw toRuntimeError(error, 'reading usage');
  }
}
