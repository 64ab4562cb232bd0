import { z } from 'zod';
import { fetchWorkload } from '../../grader/workload.ts';
import { objectFault } from './object-fault.ts';
import { planRollout, requireServing } from './template-change.ts';

/** A release can never be scheduled, and the old one keeps serving: nothing is down, and nothing new arrives. */
export const rolloutStuck = objectFault({
  id: 'rollout-stuck',
  title: 'Rollout stuck',
  symptom: 'Clients are served by the old release; the new pod stays Pending; the Deployment says ProgressDeadlineExceeded.',
  leavesBehind: 'The template, the strategy, the deadline and the change-cause are as before.',
  parameters: z.strictObject({ deadlineSeconds: z.int().min(2).max(600), zone: z.string().min(1) }),
  plan: async (target, { deadlineSeconds, zone }) => {
    const serving = await requireServing(target);
    const rollout = planRollout(serving, { pod: { nodeSelector: { 'topology.kubernetes.io/zone': zone } }, cause: `move to ${zone}` });
    if (rollout.kind !== 'patch') return [rollout];
    const { spec } = rollout.patch as { readonly spec: object };
    const careful = {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      progressDeadlineSeconds: deadlineSeconds,
    };
    return [{ ...rollout, patch: { ...rollout.patch, spec: { ...spec, ...careful } } }];
  },
  prove: async (target) => {
    const { deployment } = await fetchWorkload(target.objects, target.endpoint);
    const condition = deployment?.status?.conditions?.find(({ type }) => type === 'Progressing');
    if (condition?.reason !== 'ProgressDeadlineExceeded') return { live: false, reason: 'The rollout is still within its deadline.' };
    return { live: true, seen: condition.message ?? 'ProgressDeadlineExceeded' };
  },
});
