import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabCluster } from '../testing/lab-cluster.ts';

const GIB = 1024 ** 3;
const pod = (name: string, more: object): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'server', image: 'registry.lab/inference:1.4.2', args: ['--device', 'cuda'], ...more }],
    },
  });

describe('the inference server on a cluster with GPUs', () => {
  let cluster: LabCluster;
  beforeAll(async () => {
    cluster = await LabCluster.start('process', [
      { name: 'cpu-1', cpuMilli: 2_000, memoryBytes: 4 * GIB, maxPods: 20 },
      {
        name: 'gpu-1',
        cpuMilli: 2_000,
        memoryBytes: 4 * GIB,
        maxPods: 20,
        labels: { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB' },
        extendedResources: { 'nvidia.com/gpu': 2 },
      },
    ]);
  }, 120_000);
  afterAll(() => cluster[Symbol.asyncDispose](), 60_000);

  const logs = (name: string): Promise<string> => cluster.kubectl(['logs', name]).catch(() => '');
  const soon = { timeout: 60_000, interval: 200 };

  it('runs on the device that the node has and the pod was granted', async () => {
    const resources = { limits: { 'nvidia.com/gpu': '2' } };
    await cluster.apply(pod('granted', { resources, args: ['--device', 'cuda', '--tensor-parallel-size', '2'] }));
    await expect.poll(() => logs('granted'), soon).toContain('application startup complete');
    expect(await logs('granted')).toContain('"device":"NVIDIA-A100-SXM4-80GB","devices":2');
  });

  it('fails at the start where it asks for one and was granted none, whatever its environment claims', async () => {
    await cluster.apply(pod('claims', { env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' }] }));
    await expect.poll(() => logs('claims'), soon).toContain('RuntimeError: No CUDA GPUs are available');
    await expect.poll(() => cluster.kubectl(['get', 'pod', 'claims', '-o', 'jsonpath={.status.phase}']), soon).toBe('Failed');
  });
});
