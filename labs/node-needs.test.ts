import { describe, expect, it } from 'vitest';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import type { Node } from '../infra/cluster/meta/generated/types.ts';
import { applyMergePatch } from '../infra/cluster/meta/patch/merge-patch.ts';
import { findUnmetNeed, needsSchema, planNodeRepairs, repairNodes } from './node-needs.ts';

const GPU = 'nvidia.com/gpu';
const taint = { key: GPU, value: 'present', effect: 'NoSchedule' } as const;
const { nodes: needs } = needsSchema.parse({
  nodes: [
    { name: 'cpu-1', cpu: '2', memory: '2Gi', labels: { pool: 'cpu' } },
    { name: 'gpu-1', cpu: '500m', memory: '1Gi', gpus: 2, labels: { pool: 'gpu' }, taints: [taint] },
  ],
});

function nodeOf(name: string, more: { pool: string; cpu?: string; gpus?: string; taints?: Node['spec'] }): Node {
  const room = { cpu: more.cpu ?? '4', memory: '4Gi', ...(more.gpus === undefined ? {} : { [GPU]: more.gpus }) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { pool: more.pool, 'kubernetes.io/hostname': name } },
    spec: more.taints ?? {},
    status: { capacity: room, allocatable: room },
  };
}

const cpuNode = nodeOf('cpu-1', { pool: 'cpu' });
const gpuNode = nodeOf('gpu-1', { pool: 'gpu', gpus: '2', taints: { taints: [taint] } });

describe('findUnmetNeed', () => {
  it.each<[string, readonly Node[]]>([
    ['nodes made for it', [cpuNode, gpuNode]],
    [
      'nodes of a company, by any name and with more room',
      [nodeOf('ip-10-0-0-7', { pool: 'cpu', cpu: '64' }), { ...gpuNode, metadata: { ...gpuNode.metadata, name: 'dgx' } }],
    ],
    ['one that fits two needs, where another fits only one of them', [gpuNode, nodeOf('b', { pool: 'cpu' }), cpuNode]],
  ])('is content with %s', (_, nodes) => expect(findUnmetNeed(needs, nodes)).toBeUndefined());

  it.each<[string, readonly Node[], RegExp]>([
    ['no node at all', [], /needs a node with 2 CPUs.*has no node/],
    [
      'too little room',
      [nodeOf('cpu-1', { pool: 'cpu', cpu: '1' }), gpuNode],
      /needs a node with 2 CPUs, 2Gi memory, 0 nvidia.com\/gpu, labelled pool=cpu/,
    ],
    [
      'fewer devices',
      [cpuNode, nodeOf('gpu-1', { pool: 'gpu', gpus: '1', taints: { taints: [taint] } })],
      /500m CPUs.*2 nvidia\.com\/gpu.*tainted nvidia\.com\/gpu=present:NoSchedule/,
    ],
    [
      'more devices, of which there would always be one left',
      [cpuNode, nodeOf('gpu-1', { pool: 'gpu', gpus: '8', taints: { taints: [taint] } })],
      /2 nvidia/,
    ],
    ['a node without its taint', [cpuNode, nodeOf('gpu-1', { pool: 'gpu', gpus: '2' })], /tainted/],
  ])('tells of %s', (_, nodes, words) => expect(findUnmetNeed(needs, nodes)).toMatch(words));

  it('wants a node of its own for each need', () => {
    const { nodes: twice } = needsSchema.parse({ nodes: ['a', 'b'].map((name) => ({ name, cpu: '1', memory: '1Gi' })) });
    expect(findUnmetNeed(twice, [cpuNode])).toMatch(/2 nodes of their own/);
    expect(findUnmetNeed(twice, [cpuNode, nodeOf('c', { pool: 'cpu' })])).toBeUndefined();
  });
});

describe('needsSchema', () => {
  it.each<[string, object]>([
    ['a quantity that is none', { name: 'a', cpu: 'four', memory: '1Gi' }],
    ['a name twice', { name: 'b', cpu: '1', memory: '1Gi' }],
    ['a key that nobody knows', { name: 'a', cpu: '1', memory: '1Gi', disk: '1Gi' }],
  ])('refuses %s', (_, node) => {
    const nodes = [{ name: 'b', cpu: '1', memory: '1Gi' }, node];
    expect(needsSchema.safeParse({ nodes }).success).toBe(false);
  });
});

describe('planNodeRepairs', () => {
  const claims = { ...gpuNode, status: { capacity: { cpu: '4', [GPU]: '2' }, allocatable: { cpu: '4', [GPU]: '8' } } };
  const dearCpu = { ...cpuNode, status: { capacity: { cpu: '4', [GPU]: '8' }, allocatable: { cpu: '4' } } };

  it.each<[string, readonly Node[]]>([
    ['nodes that are as they were', [cpuNode, gpuNode]],
    ['nodes by other names, which belong to others', [{ ...claims, metadata: { ...gpuNode.metadata, name: 'dgx' } }]],
    ['a node that is gone', []],
  ])('leaves %s alone', (_, nodes) => expect(planNodeRepairs(needs, nodes)).toEqual([]));

  it.each<[string, Node, Node]>([
    ['a taint that was taken away', nodeOf('gpu-1', { pool: 'gpu', gpus: '2' }), gpuNode],
    ['a taint that was added', { ...cpuNode, spec: { taints: [taint] } }, { ...cpuNode, spec: { taints: [] } }],
    ['a label that was changed', nodeOf('gpu-1', { pool: 'other', gpus: '2', taints: { taints: [taint] } }), gpuNode],
    ['a node out of service', { ...gpuNode, spec: { taints: [taint], unschedulable: true } }, gpuNode],
    [
      'devices that were claimed',
      claims,
      { ...gpuNode, status: { capacity: { cpu: '4', [GPU]: '2' }, allocatable: { cpu: '4', [GPU]: '2' } } },
    ],
    [
      'devices that were claimed where there are none',
      dearCpu,
      { ...cpuNode, status: { capacity: { cpu: '4' }, allocatable: { cpu: '4' } } },
    ],
  ])('puts %s back', (_, node, wanted) => {
    const repaired = planNodeRepairs(needs, [node]).reduce<unknown>((object, { patch }) => applyMergePatch(object, patch), node);
    expect(repaired).toEqual(wanted);
  });

  it('writes a status as a status, because nothing else of the node may come along', async () => {
    const objects = new FakeObjects(cpuNode, claims);
    const patched: unknown[] = [];
    objects.patch = async (ref) => {
      patched.push(ref);
      return claims;
    };
    await repairNodes(objects, needs);
    expect(patched).toEqual([{ kind: 'Node', name: 'gpu-1', subresource: 'status' }]);
  });
});
