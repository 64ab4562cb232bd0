import { z } from 'zod';
import type { Container } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

const parametersSchema = z.strictObject({
  /** What the change makes the server reserve for its KV cache; past the container's memory limit together with the weights. */
  kvCache: z.string().regex(/^\d+Mi$/),
  /** The limit that is set instead where the arguments belong to a shell and cannot be added to. Far below what the model needs. */
  fallbackLimit: z.string().regex(/^\d+Mi$/),
});

/** A tuning change reserves more KV cache than the container's memory limit has room for: the kernel kills the server while it loads. */
export const memoryExhausted = objectFault({
  id: 'memory-exhausted',
  title: 'Memory exhausted',
  symptom: 'Containers end with OOMKilled (137) while the model loads and go into CrashLoopBackOff.',
  leavesBehind: 'The container’s arguments and limits, the strategy and the change-cause are as before.',
  parameters: parametersSchema,
  plan: async (target, { kvCache, fallbackLimit }) => {
    const serving = await requireServing(target);
    return [
      planRollout(serving, {
        container: (container) => planStarvation(container, kvCache, fallbackLimit),
        cause: 'capacity: longer conversations',
      }),
    ];
  },
  prove: (target) =>
    proveOutage(target, (pod) =>
      statusesOf(pod).some(({ state, lastState }) => [state, lastState].some((when) => when?.terminated?.reason === 'OOMKilled')),
    ),
});

/** A shell as the command would not see an argument. Pure. */
export function planStarvation(container: Container, kvCache: string, fallbackLimit: string): Container {
  const program = container.command?.[0] ?? '';
  if (/(^|\/)(ba|da)?sh$/.test(program)) {
    const { limits, requests, ...rest } = container.resources ?? {};
    return {
      ...container,
      resources: { ...rest, limits: { ...limits, memory: fallbackLimit }, requests: { ...requests, memory: fallbackLimit } },
    };
  }
  return { ...container, args: withFlag(container.args, '--kv-cache-memory-bytes', kvCache) };
}
