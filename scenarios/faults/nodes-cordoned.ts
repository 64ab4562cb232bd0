import { z } from 'zod';
import { objectFault } from './object-fault.ts';
import { proveOutage } from './outage.ts';
import { requireServing } from './template-change.ts';
import { whyUnschedulable } from './unschedulable.ts';

/** A maintenance takes every node out of service and forgets to give them back. */
export const nodesCordoned = objectFault({
  id: 'nodes-cordoned',
  title: 'Nodes out of service',
  symptom: 'Pods stay Pending; the scheduler says that nodes were unschedulable; nodes show SchedulingDisabled.',
  leavesBehind: 'The nodes take pods again as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    await requireServing(target);
    const nodes = await target.objects.list('Node');
    return nodes.map(
      ({ metadata: { name } }) => ({ kind: 'patch', ref: { kind: 'Node', name }, patch: { spec: { unschedulable: true } } }) as const,
    );
  },
  restartsPods: 'after injection',
  prove: (target) => proveOutage(target, (pod) => whyUnschedulable(pod)?.includes('unschedulable') === true),
});
