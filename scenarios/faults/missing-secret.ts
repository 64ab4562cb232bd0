import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import { keySourceOf } from '../../grader/workload.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import type { FaultTarget } from './fault.ts';
import { requireServing } from './template-change.ts';

/** Somebody cleans up: the Secret with the API key is gone, and the pods are restarted. */
export const missingSecret = objectFault({
  id: 'missing-secret',
  title: 'Missing secret',
  symptom: 'Pods wait with CreateContainerConfigError; the Service has no endpoints.',
  leavesBehind: 'The Secret is there again with its data; the Deployment was never changed.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    const { secret } = await requireKeySecret(target);
    return [{ kind: 'remove', ref: { kind: 'Secret', namespace: target.endpoint.namespace, name: secret } }];
  },
  restartsPods: 'after injection',
  async prove(target) {
    const { secret } = await requireKeySecret(target);
    const present = await target.objects.find({ kind: 'Secret', namespace: target.endpoint.namespace, name: secret });
    if (present !== undefined) return { live: false, reason: `The Secret ${secret} is there again.` };
    return proveOutage(target, (pod) => statusesOf(pod).some(({ state }) => state?.waiting?.reason === 'CreateContainerConfigError'));
  },
});

/** The entry of a Secret that the workload takes its API key from. Throws PlatformError where it takes none. */
export async function requireKeySecret(target: FaultTarget): Promise<{ readonly secret: string; readonly entry: string }> {
  const { container } = await requireServing(target);
  const source = keySourceOf(container, target.endpoint);
  if (source.kind !== 'secret') throw new PlatformError('ApiFailed', 'The workload takes no key from a Secret, so there is none to break.');
  return source;
}
