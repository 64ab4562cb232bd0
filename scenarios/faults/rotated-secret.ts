import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../infra/cluster/meta/generated/types.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import { objectFault } from './object-fault.ts';
import { requireKeySecret } from './missing-secret.ts';
import { proveGreenOutage } from './outage.ts';

/** The key is rotated in its Secret, and nobody restarts what read it at its start: clients come with the new key, the pods know the old one. */
export const rotatedSecret = objectFault({
  id: 'rotated-secret',
  title: 'Rotated secret, stale environment',
  symptom: 'Pods are ready, and refuse the key that the Secret holds with 401.',
  leavesBehind: 'The Secret holds its former key.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    const { secret: name, entry } = await requireKeySecret(target);
    const ref = { kind: 'Secret', namespace: target.endpoint.namespace, name };
    const secret = await target.objects.find<Secret>(ref);
    if (secret === undefined) throw new PlatformError('ApiFailed', `There is no Secret ${name} whose key could be rotated.`);
    return [{ kind: 'patch', ref, patch: { data: { [entry]: nextKey(secret, target.endpoint.key.prefix) } } }];
  },
  prove: proveGreenOutage,
});

/** In base64. As long and as hard to guess as the lab demands of a key, since only who holds the old one can tell it. Pure. */
function nextKey({ data = {}, metadata }: Secret, prefix: string): string {
  const old = Object.values(data).join();
  const digest = createHash('sha256')
    .update(`${metadata.uid ?? ''}:${old}`)
    .digest('hex')
    .slice(0, 32);
  return Buffer.from(`${prefix}${digest}`).toString('base64');
}
