import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

/** A tidy-up serves the model under its repository's name, which no client asks for. */
export const wrongModelName = objectFault({
  id: 'wrong-model-name',
  title: 'Wrong model name',
  symptom: 'Pods are ready, /v1/models lists another name, and clients get 404.',
  leavesBehind: 'The container’s arguments, the strategy and the change-cause are as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    return [
      planRollout(await requireServing(target), {
        container: (container) => ({ ...container, args: withFlag(container.args, '--served-model-name', target.endpoint.root) }),
        cause: 'one name for each model',
      }),
    ];
  },
  prove: proveGreenOutage,
});
