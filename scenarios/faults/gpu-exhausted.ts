import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveOutage } from './outage.ts';
import { planRollout, requireServing } from './template-change.ts';
import { whyUnschedulable } from './unschedulable.ts';

const GPU = 'nvidia.com/gpu';

/** A release asks for accelerators that no node has left. */
export const gpuExhausted = objectFault({
  id: 'gpu-exhausted',
  title: 'No GPU left',
  symptom: 'Pods stay Pending; the scheduler says Insufficient nvidia.com/gpu.',
  leavesBehind: 'The container’s resources, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ gpus: z.int().min(1).max(64) }),
  plan: async (target, { gpus }) => {
    const serving = await requireServing(target);
    const { limits, requests, ...rest } = serving.container.resources ?? {};
    const resources = { ...rest, limits: { ...limits, [GPU]: String(gpus) }, requests: { ...requests, [GPU]: String(gpus) } };
    return [planRollout(serving, { container: (container) => ({ ...container, resources }), cause: 'answers from the GPU' })];
  },
  prove: (target) => proveOutage(target, (pod) => whyUnschedulable(pod)?.includes(GPU) === true),
});
