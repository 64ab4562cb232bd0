import { z } from 'zod';
import { isReady } from '../../grader/workload.ts';
import { objectFault } from './object-fault.ts';
import { proveUnanswered } from './outage.ts';
import { planServiceChange } from './service-fault.ts';
import { requireServing } from './template-change.ts';

/** The Service selects labels that no pod carries. */
export const selectorTypo = objectFault({
  id: 'selector-typo',
  title: 'Selector typo',
  symptom: 'Pods are ready, and the Service has no endpoints.',
  leavesBehind: 'The Service’s selector is as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    await requireServing(target);
    return [await planServiceChange(target, ({ selector = {} }) => ({ selector: mistype(selector) }))];
  },
  prove: (target) =>
    proveUnanswered(target, ({ pods, serving }) => {
      if (serving.length > 0) return { notYet: `${serving.length} pods are still behind the Service.` };
      const ready = pods.filter(isReady).length;
      return ready === 0 ? { notYet: 'No pod is ready.' } : { seen: `${ready} pods are ready, and none is behind the Service` };
    }),
});

/** The first value with a letter doubled, as fingers do. Pure. */
export function mistype(selector: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [first] = Object.entries(selector);
  if (first === undefined) return { app: 'inference-server' };
  const [key, value] = first;
  return { [key]: `${value.slice(0, 1)}${value.slice(0, 1)}${value.slice(1)}` };
}
