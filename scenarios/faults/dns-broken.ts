import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import type { EndpointSlice } from '../../infra/cluster/meta/generated/types.ts';
import { objectFault } from './object-fault.ts';
import { askAsClient } from './outage.ts';
import { requireServing } from './template-change.ts';

const ref = { kind: 'EndpointSlice', namespace: 'kube-system', name: 'kube-dns' } as const;

/** Nobody answers behind the Service that every pod asks for names: addresses work, names do not. */
export const dnsBroken = objectFault({
  id: 'dns-broken',
  title: 'DNS broken',
  symptom: 'Clients cannot resolve the Service’s name; its ClusterIP answers; the Service kube-dns in kube-system has no ready endpoint.',
  leavesBehind: 'The EndpointSlice of kube-dns is as before.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    await requireServing(target);
    const slice = await target.objects.find<EndpointSlice>(ref);
    if (slice === undefined) throw new PlatformError('ApiFailed', 'The cluster has no Service kube-dns to inject a fault into.');
    const endpoints = (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint, conditions: { ready: false } }));
    return [{ kind: 'patch', ref, patch: { endpoints } }];
  },
  async prove(target) {
    const answers = await askAsClient(target);
    if (answers.kind !== 'fail') return { live: false, reason: answers.kind === 'pass' ? 'Names are still resolved.' : answers.reason };
    if (!answers.reason.includes(UNRESOLVED)) return { live: false, reason: `Something else is the matter: ${answers.reason}` };
    return { live: true, seen: `Clients cannot resolve the Service's name. ${answers.reason}` };
  },
});

/** What the prober's word for that phase becomes in a verdict. */
const UNRESOLVED = 'looking up the name';
