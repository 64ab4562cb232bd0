import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { planRollout, requireServing } from './template-change.ts';

/** The readiness probe asks for a path that the server does not have: it runs well and is never let to clients. */
export const readinessBroken = objectFault({
  id: 'readiness-broken',
  title: 'Readiness broken',
  symptom: 'Containers run without a restart and stay 0/1; events say Readiness probe failed; the Service has no endpoints.',
  leavesBehind: 'The container’s readiness probe, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ path: z.string().startsWith('/') }),
  plan: async (target, { path }) => {
    const serving = await requireServing(target);
    const port = serving.container.readinessProbe?.httpGet?.port ?? target.endpoint.port;
    const readinessProbe = { httpGet: { path, port }, periodSeconds: 2 };
    return [
      planRollout(serving, { container: (container) => ({ ...container, readinessProbe }), cause: 'the company’s standard health path' }),
    ];
  },
  prove: (target) =>
    proveOutage(target, (pod) =>
      statusesOf(pod).some(
        ({ ready, started, restartCount, state }) => !ready && started === true && restartCount === 0 && state?.running !== undefined,
      ),
    ),
});
