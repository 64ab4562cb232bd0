import { z } from 'zod';
import { GPU, gpusOf } from '../../grader/gpus.ts';
import { fetchWorkload } from '../../grader/workload.ts';
import type { Container } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { askAsClient } from './outage.ts';
import { proveServing } from './released-image.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

/** A tidied manifest lost what kept the workload on its node: it runs, answers, and computes where it is slow. */
export const wrongNode = objectFault({
  id: 'wrong-node',
  title: 'Wrong node',
  symptom:
    'Pods run on a node without GPUs and hold none; answers are right and take many times as long; nothing is in any alert but the latency.',
  leavesBehind: 'Selector, affinity, tolerations, resources and arguments of the pods, the strategy and the change-cause are as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    const pod = { nodeSelector: null, affinity: null, tolerations: null };
    return [
      planRollout(await requireServing(target), { container: withoutGpu, pod, cause: 'cleanup: one manifest for every environment' }),
    ];
  },
  prove: (target) =>
    proveServing(target, async () => {
      const { serving } = await fetchWorkload(target.objects, target.endpoint);
      const granted = serving.filter(({ pod }) => pod !== undefined && gpusOf(pod) > 0);
      if (granted.length > 0) return { live: false, reason: `${granted.length} pods behind the Service still hold a GPU.` };
      const answers = await askAsClient(target);
      if (answers.kind !== 'pass') return { live: false, reason: answers.reason };
      const nodes = [...new Set(serving.map(({ pod }) => pod?.spec?.nodeName ?? 'no node'))];
      return { live: true, seen: `The endpoint answers from ${nodes.join(', ')}, and none of its pods holds a GPU.` };
    }),
});

/** The server takes what it finds from then on, instead of ending where there is no device. Pure. */
export function withoutGpu({ resources, args, ...container }: Container): Container {
  const drop = (from: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(from).filter(([name]) => name !== GPU));
  return {
    ...container,
    args: withFlag(args, '--device', 'auto'),
    ...(resources === undefined ? {} : { resources: { ...resources, limits: drop(resources.limits), requests: drop(resources.requests) } }),
  };
}
