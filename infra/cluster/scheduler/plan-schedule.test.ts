import { expect, test } from 'vitest';
import type { Node, Pod, PodSpec } from '../meta/generated/types.ts';
import { nodeView, type ClusterView } from './node-view.ts';
import { planSchedule } from './plan-schedule.ts';

interface NodeTraits {
  readonly name?: string;
  readonly labels?: Record<string, string>;
  readonly spec?: Node['spec'];
  readonly allocatable?: Record<string, string>;
  readonly pods?: readonly Pod[];
}

function cluster(...nodes: readonly NodeTraits[]): ClusterView {
  const views = nodes.map(({ name = 'node-1', labels = {}, spec = {}, allocatable = {}, pods = [] }) =>
    nodeView(
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
        spec,
        status: { allocatable: { cpu: '2', memory: '4Gi', pods: '110', ...allocatable } },
      },
      pods,
    ),
  );
  return { nodes: views, namespaceLabels: new Map([['other', { team: 'b' }]]) };
}

function pod(spec: Partial<PodSpec> = {}, requests: Record<string, string> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', ...metadata },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests } }], ...spec },
  };
}

const notHelpful = (of = 1): string =>
  `no new claims to deallocate, preemption: 0/${of} nodes are available: ${of} Preemption is not helpful for scheduling.`;
const messageOf = (wanted: Pod, view: ClusterView): string => {
  const decision = planSchedule(wanted, view);
  return decision.kind === 'unschedulable' ? decision.message : `bound to ${decision.nodeName}`;
};
const label = { app: 'web' };
const near = (topologyKey = 'kubernetes.io/hostname'): { labelSelector: { matchLabels: Record<string, string> }; topologyKey: string } => ({
  labelSelector: { matchLabels: label },
  topologyKey,
});

test.each<[string, Pod, ClusterView, string]>([
  ['cpu', pod({}, { cpu: '900' }), cluster({}), `0/1 nodes are available: 1 Insufficient cpu. ${notHelpful()}`],
  [
    'a device nobody has',
    pod({}, { 'nvidia.com/gpu': '9' }),
    cluster({}),
    `0/1 nodes are available: 1 Insufficient nvidia.com/gpu. ${notHelpful()}`,
  ],
  [
    'cpu and memory',
    pod({}, { cpu: '3', memory: '9Gi' }),
    cluster({}),
    `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${notHelpful()}`,
  ],
  [
    'selector',
    pod({ nodeSelector: { disk: 'nvme' } }),
    cluster({}),
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${notHelpful()}`,
  ],
  [
    'taint',
    pod(),
    cluster({ spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
    `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${notHelpful()}`,
  ],
  ['cordon', pod(), cluster({ spec: { unschedulable: true } }), `0/1 nodes are available: 1 node(s) were unschedulable. ${notHelpful()}`],
  [
    'each its own reason, counted and sorted',
    pod({}, { cpu: '3' }),
    cluster({ name: 'a' }, { name: 'b' }, { name: 'c', spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
    `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. ${notHelpful(3)}`,
  ],
  [
    'room that is only taken',
    pod({}, { cpu: '1500m' }),
    cluster({ pods: [pod({}, { cpu: '1' })] }),
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
  [
    'too many pods',
    pod(),
    cluster({ allocatable: { pods: '1' }, pods: [pod()] }),
    '0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
  [
    'preemption forbidden',
    pod({ preemptionPolicy: 'Never' }, { cpu: '3' }),
    cluster({}),
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  ],
  [
    'affinity to nobody',
    pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near()] } } }),
    cluster({}),
    `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${notHelpful()}`,
  ],
  [
    'anti-affinity',
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near()] } } }),
    cluster({ pods: [pod({}, {}, { labels: label })] }),
    "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  ],
  [
    'anti-affinity of who runs already',
    pod({}, {}, { labels: label }),
    cluster({ pods: [pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near()] } } })] }),
    "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  ],
  [
    'host port',
    pod({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80 }] }] }),
    cluster({ pods: [pod({ containers: [{ name: 'c', ports: [{ containerPort: 2, hostPort: 80 }] }] })] }),
    "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  ],
  ['no nodes', pod(), cluster(), 'no nodes available to schedule pods'],
])('the words for: %s', (_name, wanted, view, message) => {
  expect(messageOf(wanted, view)).toBe(message);
});

test.each<[string, Pod, ClusterView, string]>([
  ['what fits exactly', pod({}, { cpu: '1' }), cluster({ pods: [pod({}, { cpu: '1' })] }), 'node-1'],
  ['the node with more room', pod({}, { cpu: '100m' }), cluster({ name: 'a', pods: [pod({}, { cpu: '1' })] }, { name: 'b' }), 'b'],
  [
    'a device where there is one',
    pod({}, { 'nvidia.com/gpu': '1' }),
    cluster({ name: 'a' }, { name: 'g', allocatable: { 'nvidia.com/gpu': '2' } }),
    'g',
  ],
  [
    'a tolerated taint',
    pod({ tolerations: [{ key: 'gpu', operator: 'Exists' }] }),
    cluster({ spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
    'node-1',
  ],
  [
    'rather an untainted node',
    pod(),
    cluster({ name: 'a', spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } }, { name: 'b', pods: [pod({}, { cpu: '1' })] }),
    'b',
  ],
  [
    'rather a preferred node',
    pod({
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
          ],
        },
      },
    }),
    cluster({ name: 'a' }, { name: 'b', labels: { disk: 'ssd' }, pods: [pod({}, { cpu: '1' })] }),
    'b',
  ],
  [
    'affinity where the others are',
    pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near('zone')] } } }),
    cluster(
      { name: 'a', labels: { zone: '1' } },
      { name: 'b', labels: { zone: '2' } },
      { name: 'c', labels: { zone: '2' }, pods: [pod({}, { cpu: '1' }, { labels: label })] },
    ),
    'b',
  ],
  [
    'the first of a group that wants to be together',
    pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near()] } } }, {}, { labels: label }),
    cluster({}),
    'node-1',
  ],
  [
    'away from siblings',
    pod({}, {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }] }),
    cluster(
      {
        name: 'a',
        pods: [pod({}, {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }] })],
      },
      { name: 'b', pods: [pod({}, { cpu: '200m' })] },
    ),
    'b',
  ],
  [
    'the domain with fewer',
    pod(
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: label } },
        ],
      },
      {},
      { labels: label },
    ),
    cluster(
      { name: 'a', labels: { zone: '1' }, pods: [pod({}, {}, { labels: label })] },
      { name: 'b', labels: { zone: '2' }, pods: [pod({}, { cpu: '1' })] },
    ),
    'b',
  ],
])('goes to: %s', (_name, wanted, view, nodeName) => {
  expect(planSchedule(wanted, view)).toEqual({ kind: 'bind', nodeName });
});

test('preempts as few and as unimportant pods as it takes', () => {
  const low = pod({ priority: 1 }, { cpu: '1' }, { name: 'low', uid: 'low' });
  const middle = pod({ priority: 5 }, { cpu: '1' }, { name: 'middle', uid: 'middle' });
  const decision = planSchedule(pod({ priority: 10 }, { cpu: '1' }), cluster({ pods: [middle, low] }));
  expect(decision).toMatchObject({ kind: 'unschedulable', preemption: { nodeName: 'node-1', victims: [{ metadata: { name: 'low' } }] } });
  expect(planSchedule(pod({ priority: 1 }, { cpu: '1' }), cluster({ pods: [middle, low] }))).not.toHaveProperty('preemption');
});

test('preempts where the least important go', () => {
  const cheap = pod({ priority: 1 }, { cpu: '2' }, { name: 'cheap' });
  const dear = pod({ priority: 5 }, { cpu: '2' }, { name: 'dear' });
  const decision = planSchedule(pod({ priority: 10 }, { cpu: '1' }), cluster({ name: 'a', pods: [dear] }, { name: 'b', pods: [cheap] }));
  expect(decision).toMatchObject({ preemption: { nodeName: 'b' } });
});
