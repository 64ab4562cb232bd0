import { z } from 'zod';
import type { Node } from '../../infra/cluster/meta/generated/types.ts';
import { fetchWorkload } from '../../grader/workload.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage } from './outage.ts';
import { requireServing } from './template-change.ts';
import { whyUnschedulable } from './unschedulable.ts';

/** The taint that Kubernetes has for nodes that were shut down without notice. */
const TAINT = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' } as const;

/** The machines that the workload runs on are gone: its pods are driven out, and those that follow find no room elsewhere. */
export const nodeLost = objectFault({
  id: 'node-lost',
  title: 'Node lost',
  symptom:
    'The node’s pods are gone (TaintManagerEviction); new ones stay Pending: untolerated taint; the node shows node.kubernetes.io/out-of-service.',
  leavesBehind: 'The nodes have the taints that they had.',
  parameters: z.strictObject({}),
  plan: async (target) => {
    await requireServing(target);
    const { pods } = await fetchWorkload(target.objects, target.endpoint);
    const used = new Set(pods.map(({ spec }) => spec?.nodeName));
    const nodes = await target.objects.list<Node>('Node');
    const lost = nodes.filter(({ metadata }) => used.has(metadata.name));
    // A workload without pods would have had them on any.
    return (lost.length === 0 ? nodes : lost).map(({ metadata: { name }, spec }) => {
      const taints = (spec?.taints ?? []).filter(({ key }) => key !== TAINT.key);
      return { kind: 'patch', ref: { kind: 'Node', name }, patch: { spec: { taints: [...taints, TAINT] } } } as const;
    });
  },
  prove: (target) => proveOutage(target, (pod) => whyUnschedulable(pod)?.includes('untolerated taint') === true),
});
