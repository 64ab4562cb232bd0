import type { Clock } from '../meta/clock.ts';
import { isConditionTrue, withCondition } from '../meta/condition.ts';
import type { Pod } from '../meta/generated/types.ts';
import { timeText } from '../meta/times.ts';
import type { ApiClient } from './api-client.ts';
import { isConflict, orAbsent } from './api-errors.ts';
import { resources, subresource } from './resources.ts';

const MAX_CONFLICTS = 3;

/**
 * Writes on a pod that it is about to be ended from outside, which the pods' owners tell from a failure of its own. The mark is for
 * them to read and no promise: where the pod keeps changing or is gone, it is left without.
 */
export async function markDisrupted(
  { api, clock }: { readonly api: ApiClient; readonly clock: Clock },
  pod: Pod,
  cause: { readonly reason: string; readonly message: string },
): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const fresh = await orAbsent(api.get<Pod>(resources.pods, name, namespace));
    if (fresh?.metadata.uid !== uid || fresh === undefined || isConditionTrue(fresh.status?.conditions, 'DisruptionTarget')) return;
    const { generation } = fresh.metadata;
    const condition = {
      type: 'DisruptionTarget',
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status: 'True',
      lastProbeTime: null as unknown as string,
      ...cause,
    };
    const conditions = withCondition(fresh.status?.conditions, condition, timeText(clock.now()));
    try {
      await api.update<Pod>(subresource(resources.pods, 'status'), { ...fresh, status: { ...fresh.status, conditions } });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
