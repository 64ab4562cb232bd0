import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../infra/cluster/meta/generated/types.ts';
import { requireKeySecret } from './missing-secret.ts';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { planRollout, requireServing, withFlag } from './template-change.ts';

const VARIABLE = 'NEXT_API_KEY';

/** A rotation was prepared and rolled out to the server alone: it demands the next key, and clients hold the present one. */
export const wrongKey = objectFault({
  id: 'wrong-key',
  title: 'Wrong key',
  symptom: 'Pods are ready, and refuse with 401 the key that clients were given; the server’s arguments name a key of another Secret.',
  leavesBehind:
    'The Secret with the next key is gone; the container’s arguments and environment, the strategy and the change-cause are as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    const serving = await requireServing(target);
    const { secret } = await requireKeySecret(target);
    const { namespace, key } = target.endpoint;
    const name = `${secret}-next`;
    const digest = createHash('sha256')
      .update(`${serving.deployment.metadata.uid ?? ''}:${target.clock.now()}`)
      .digest('hex');
    const object: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      data: { [key.entry]: Buffer.from(`${key.prefix}${digest.slice(0, 32)}`).toString('base64') },
    };
    const variable = { name: VARIABLE, valueFrom: { secretKeyRef: { name, key: key.entry } } };
    return [
      { kind: 'create', object },
      planRollout(serving, {
        container: (container) => ({
          ...container,
          args: withFlag(container.args, '--api-key', `$(${VARIABLE})`),
          env: [...(container.env ?? []).filter((other) => other.name !== VARIABLE), variable],
        }),
        cause: 'key rotation, step 1 of 2',
      }),
    ];
  },
  prove: proveGreenOutage,
});
