import { z } from 'zod';
import type { Container } from '../../infra/cluster/meta/generated/types.ts';
import type { Fault } from './fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { requireServing, rollOutChange, takeBackChange } from './template-change.ts';

const parametersSchema = z.strictObject({
  /** What the change makes the server reserve for its KV cache; past the container's memory limit together with the weights. */
  kvCache: z.string().regex(/^\d+Mi$/),
  /** The limit that is set instead where the arguments belong to a shell and cannot be added to. Far below what the model needs. */
  fallbackLimit: z.string().regex(/^\d+Mi$/),
});

const FLAG = '--kv-cache-memory-bytes';

/** A tuning change reserves more KV cache than the container's memory limit has room for: the kernel kills the server while it loads. */
export const memoryExhausted: Fault = {
  id: 'memory-exhausted',
  title: 'Memory exhausted',
  symptom: 'Containers end with OOMKilled (137) while the model loads and go into CrashLoopBackOff.',
  leavesBehind: 'The Deployment’s template, strategy and change-cause are as before.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const { kvCache, fallbackLimit } = parametersSchema.parse(parameters);
    const { deployment, container } = await requireServing(target);
    return rollOutChange(target, deployment, planStarvation(container, kvCache, fallbackLimit), 'capacity: longer conversations');
  },
  prove: (target) =>
    proveOutage(target, (pod) =>
      statusesOf(pod).some(({ state, lastState }) => [state, lastState].some((when) => when?.terminated?.reason === 'OOMKilled')),
    ),
  recover: takeBackChange,
};

/** A later flag overrides an earlier one and the configuration file; a shell as the command would not see it. Pure. */
export function planStarvation(container: Container, kvCache: string, fallbackLimit: string): Container {
  const program = container.command?.[0] ?? '';
  if (/(^|\/)(ba|da)?sh$/.test(program))
    return { name: container.name, resources: { limits: { memory: fallbackLimit }, requests: { memory: fallbackLimit } } };
  const kept = (container.args ?? []).filter((word, index, words) => !word.startsWith(FLAG) && words[index - 1] !== FLAG);
  return { name: container.name, args: [...kept, `${FLAG}=${kvCache}`] };
}
