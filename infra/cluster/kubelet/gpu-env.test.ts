import { expect, test } from 'vitest';
import { withGpuEnv } from './gpu-env.ts';

const claimed = new Map([
  ['A', '1'],
  ['NVIDIA_VISIBLE_DEVICES', 'all'],
  ['GPU_PRODUCT', 'NVIDIA-H100-80GB-HBM3'],
]);
const container = (gpus?: string): { name: string; resources: { limits: Record<string, string> } } => ({
  name: 'c',
  resources: { limits: gpus === undefined ? {} : { 'nvidia.com/gpu': gpus } },
});

test('names as many devices as were granted, and what they are', () => {
  const env = withGpuEnv(claimed, { container: container('2'), podUid: 'u', gpuProduct: 'NVIDIA-L4' });
  const devices = env.get('NVIDIA_VISIBLE_DEVICES')?.split(',') ?? [];
  expect(new Set(devices).size).toBe(2);
  expect(devices.every((id) => /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))).toBe(true);
  expect(env.get('GPU_PRODUCT')).toBe('NVIDIA-L4');
  expect(env.get('A')).toBe('1');
  expect(withGpuEnv(claimed, { container: container('2'), podUid: 'v', gpuProduct: undefined }).get('NVIDIA_VISIBLE_DEVICES')).not.toBe(
    devices.join(','),
  );
});

test('a claim without a grant counts for nothing', () => {
  expect([...withGpuEnv(claimed, { container: container(), podUid: 'u', gpuProduct: 'NVIDIA-L4' })]).toEqual([['A', '1']]);
});
