import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { planServiceChange } from './service-fault.ts';
import { requireServing } from './template-change.ts';

/** The Service leads to a port on which nothing listens. */
export const wrongTargetPort = objectFault({
  id: 'wrong-target-port',
  title: 'Wrong target port',
  symptom: 'Pods are ready and are the Service’s endpoints; connections are refused.',
  leavesBehind: 'The Service’s ports are as before.',
  parameters: z.strictObject({ targetPort: z.int().min(1).max(65_535) }),
  plan: async (target, { targetPort }) => {
    await requireServing(target);
    return [
      await planServiceChange(target, ({ ports = [] }) => ({
        ports: ports.map((port) => (port.port === target.endpoint.port ? { ...port, targetPort } : port)),
      })),
    ];
  },
  prove: proveGreenOutage,
});
