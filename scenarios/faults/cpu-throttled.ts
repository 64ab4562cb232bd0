import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { planRollout, requireServing } from './template-change.ts';
import { proveSlow } from './slow-answers.ts';

/** A round of savings gives the server a fraction of a core: it is healthy, and every token waits for its turn. */
export const cpuThrottled = objectFault({
  id: 'cpu-throttled',
  title: 'CPU throttled',
  symptom: 'Pods are ready, answers are right and slow; the container’s CPU limit is far below one core.',
  leavesBehind: 'The container’s resources, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ milli: z.int().min(50).max(400).default(200) }),
  plan: async (target, { milli }) => {
    const cpu = `${milli}m`;
    return [
      planRollout(await requireServing(target), {
        container: ({ resources = {}, ...container }) => ({
          ...container,
          resources: { ...resources, limits: { ...resources.limits, cpu }, requests: { ...resources.requests, cpu } },
        }),
        cause: 'savings: right-size the CPU',
      }),
    ];
  },
  prove: proveSlow,
});
