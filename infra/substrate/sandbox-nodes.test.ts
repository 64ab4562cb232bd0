import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadNodes, saveNodes } from './sandbox-nodes.ts';

it('gives a cluster that is resumed the nodes that it was asked for with, in the cluster’s own measures', async () => {
  const folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'nodes-')), 'cluster');
  expect(await loadNodes(folder)).toBeUndefined();
  const taints = [
    { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' as const },
    { key: 'drain', value: '', effect: 'NoExecute' as const },
  ];
  await saveNodes(folder, [
    { name: 'cpu-1', cpu: '1500m', memory: '2Gi', gpus: 0, labels: { pool: 'cpu' }, taints: [] },
    { name: 'gpu-1', cpu: '4', memory: '512Mi', gpus: 2, labels: {}, taints },
  ]);
  expect(await loadNodes(folder)).toEqual([
    { name: 'cpu-1', cpuMilli: 1500, memoryBytes: 2 * 2 ** 30, maxPods: 110, labels: { pool: 'cpu' }, taints: [] },
    {
      name: 'gpu-1',
      cpuMilli: 4000,
      memoryBytes: 512 * 2 ** 20,
      maxPods: 110,
      labels: {},
      taints: [
        { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' },
        { key: 'drain', effect: 'NoExecute' },
      ],
      extendedResources: { 'nvidia.com/gpu': 2 },
    },
  ]);
  await rm(path.dirname(folder), { recursive: true });
});
