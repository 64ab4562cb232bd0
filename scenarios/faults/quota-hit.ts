import { z } from 'zod';
import type { ResourceQuota } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { proveUnanswered } from './outage.ts';
import { requireServing } from './template-change.ts';

const RESOURCE = 'limits.memory';

/** The namespace's budget is cut below what the workload needs; its pods are gone and cannot come back. */
export const quotaHit = objectFault({
  id: 'quota-hit',
  title: 'Quota hit',
  symptom: 'The ReplicaSet’s events say FailedCreate: exceeded quota; there are fewer pods than wanted, or none.',
  leavesBehind: 'The ResourceQuota is as before.',
  parameters: z.strictObject({ memory: z.string().regex(/^\d+Mi$/) }),
  plan: async (target, { memory }) => {
    await requireServing(target);
    const { namespace } = target.endpoint;
    const [quota] = await target.objects.list('ResourceQuota', { namespace });
    const spec = { hard: { [RESOURCE]: memory } };
    if (quota !== undefined)
      return [{ kind: 'patch', ref: { kind: 'ResourceQuota', namespace, name: quota.metadata.name }, patch: { spec } }];
    const object: ResourceQuota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'team-budget', namespace },
      spec,
    };
    return [{ kind: 'create', object }];
  },
  restartsPods: 'after injection',
  prove: (target) =>
    proveUnanswered(target, ({ deployment, serving }) => {
      const failure = deployment?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
      if (failure === undefined || !(failure.message ?? '').includes('exceeded quota'))
        return { notYet: 'No pod was refused for the quota yet.' };
      return serving.length > 0
        ? { notYet: `${serving.length} pods are still behind the Service.` }
        : { seen: 'New pods are refused: exceeded quota' };
    }),
});
