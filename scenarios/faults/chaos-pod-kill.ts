import { z } from 'zod';
import { fetchWorkload } from '../../grader/workload.ts';
import { managedByLabel } from '../../infra/chaos/chaos-types.ts';
import { createExperiment, experimentOf, removeExperiment, selectEndpoint, withChaos } from './chaos-fault.ts';
import type { Fault } from './fault.ts';

const id = 'chaos-pod-kill';
const parametersSchema = z.strictObject({ everySeconds: z.int().min(5).max(600).default(30) });
const dataSchema = z.object({ pods: z.array(z.string()) });

/** Something deletes a pod of the endpoint again and again; each is replaced, and loads its model anew. */
export const chaosPodKill: Fault = {
  id,
  title: 'Pods killed again and again',
  symptom:
    'Pods of the endpoint vanish without having failed and are replaced; with one replica, requests fail each time until it is ready.',
  leavesBehind: 'No pod is deleted any more; the latest stand in for those that were.',
  parameters: parametersSchema,
  async inject(target, parameters) {
    const { everySeconds } = parametersSchema.parse(parameters);
    const { pods } = await fetchWorkload(target.objects, target.endpoint);
    const podChaos = { ...(await selectEndpoint(target, 'one')), action: 'pod-kill' } as const;
    const spec = { schedule: `@every ${everySeconds}s`, type: 'PodChaos', concurrencyPolicy: 'Allow', historyLimit: 1, podChaos } as const;
    await createExperiment(target, { kind: 'Schedule', ...experimentOf(id), spec });
    return { pods: pods.map(({ metadata }) => metadata.uid ?? '') };
  },
  async prove(target, data) {
    const before = dataSchema.parse(data).pods;
    const { namespace, name } = experimentOf(id);
    const kills = await withChaos(target, (chaos) => chaos.list('PodChaos', namespace, `${managedByLabel}=${name}`));
    const killed = kills
      .flatMap(({ status }) => status?.experiment?.containerRecords ?? [])
      .filter(({ injectedCount }) => injectedCount > 0);
    const [last] = killed;
    if (last === undefined) return { live: false, reason: 'No pod has been killed yet.' };
    const { pods } = await fetchWorkload(target.objects, target.endpoint);
    if (pods.every(({ metadata }) => before.includes(metadata.uid ?? ''))) return { live: false, reason: 'No pod has been replaced yet.' };
    return { live: true, seen: `Pod ${last.id} was deleted, and another has come.` };
  },
  recover: (target) => removeExperiment(target, 'Schedule', id),
};
