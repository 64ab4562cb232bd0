import { z } from 'zod';
import { objectName } from '../../grader/endpoint.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { Secret } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';

const entrySchema = z.strictObject({ secret: objectName, entry: z.string().min(1) });

/**
 * A key of the workload's was rotated in its Secret, and nobody restarts what read it at its start. What makes the old one worthless, such as
 * `expired-key`, comes with it.
 */
export const staleEnvironment = objectFault({
  id: 'stale-environment',
  title: 'Rotated secret, stale environment',
  symptom: 'The Secret holds a key that is good; the pods are ready, were started before, and ask with the one that it held then.',
  leavesBehind: 'The Secret holds its former key.',
  parameters: z.strictObject({
    /** What the workload reads. */
    into: entrySchema,
    /** Where the new key lay ready. */
    from: entrySchema,
  }),
  plan: async ({ objects, endpoint: { namespace } }, { into, from }) => {
    const source = await objects.find<Secret>({ kind: 'Secret', namespace, name: from.secret });
    const value = source?.data?.[from.entry];
    if (value === undefined)
      throw new PlatformError('ApiFailed', `There is no Secret ${from.secret} with the entry ${from.entry} to rotate to.`);
    return [{ kind: 'patch', ref: { kind: 'Secret', namespace, name: into.secret }, patch: { data: { [into.entry]: value } } }];
  },
  prove: proveGreenOutage,
});
