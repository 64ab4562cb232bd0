import { z } from 'zod';
import type { NetworkPolicy } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { requireServing } from './template-change.ts';

/** A hardening denies all traffic into the namespace and allows none of it again. */
export const networkPolicyTooTight = objectFault({
  id: 'network-policy-too-tight',
  title: 'Network policy too tight',
  symptom: 'Pods are ready and are the Service’s endpoints; connections time out.',
  leavesBehind: 'The NetworkPolicy is gone.',
  parameters: z.strictObject({ name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/) }),
  plan: async (target, { name }) => {
    await requireServing(target);
    const object: NetworkPolicy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: target.endpoint.namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    };
    return [{ kind: 'create', object }];
  },
  prove: proveGreenOutage,
});
