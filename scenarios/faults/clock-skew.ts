import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { planRollout, requireServing } from './template-change.ts';

/** A rehearsal of the turn of the year is left in place: the server lives in another time, in which no client’s certificate is valid. */
export const clockSkew = objectFault({
  id: 'clock-skew',
  title: 'Clock skew',
  symptom:
    'Pods are ready; handshakes with good client certificates end; the server’s log is of another day and says: certificate is not yet valid.',
  leavesBehind: 'The container’s environment, the strategy and the change-cause are as before.',
  /** As libfaketime takes it, e.g. -400d. For endpoints that demand client certificates: others are not hurt by it. */
  parameters: z.strictObject({
    offset: z
      .string()
      .regex(/^[+-]\d{1,6}[smhdy]?$/)
      .default('-400d'),
  }),
  plan: async (target, { offset }) => [
    planRollout(await requireServing(target), {
      container: ({ env = [], ...container }) => ({
        ...container,
        env: [...env.filter(({ name }) => name !== 'FAKETIME'), { name: 'FAKETIME', value: offset }],
      }),
      cause: 'rehearsal of the year’s end',
    }),
  ],
  prove: proveGreenOutage,
});
