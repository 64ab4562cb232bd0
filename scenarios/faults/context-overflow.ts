import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

/** A saving of memory leaves the model so little context that ordinary requests no longer fit. */
export const contextOverflow = objectFault({
  id: 'context-overflow',
  title: 'Context overflow',
  symptom: 'Pods are ready, and answer 400: the request is longer than the model’s context.',
  leavesBehind: 'The container’s arguments, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ maxModelLen: z.int().min(64).max(128) }),
  plan: async (target, { maxModelLen }) => {
    return [
      planRollout(await requireServing(target), {
        container: (container) => ({ ...container, args: withFlag(container.args, '--max-model-len', maxModelLen) }),
        cause: 'less memory for each conversation',
      }),
    ];
  },
  prove: proveGreenOutage,
});
