/**
 * What a model can run on. Memory is scaled as the models' is, about 1 to 100: what fits on which device is as with real ones, and all of it
 * fits on a laptop.
 */
export interface DeviceProfile {
  readonly name: DeviceName;
  /** As NVIDIA's device discovery labels nodes: `nvidia.com/gpu.product`. */
  readonly product: string;
  /** Memory of one device for weights and cache; undefined on a CPU, whose memory is the container's. */
  readonly memoryBytes: number | undefined;
  /** What one device costs an hour, in US dollars, used or not. */
  readonly usdPerHour: number;
  /** How much faster than the l4 it computes. A CPU's times stand in the models' own table. */
  readonly speedup: number;
  /** Decoding slows by this share for every further sequence in the batch; a batch still gains much over one after the other. */
  readonly slowdownPerSequence: number;
}

export type DeviceName = 'cpu' | 'l4' | 'a100' | 'h100';

const MIB = 1_048_576;

export const deviceProfiles: Readonly<Record<DeviceName, DeviceProfile>> = {
  cpu: { name: 'cpu', product: 'CPU', memoryBytes: undefined, usdPerHour: 0.2, speedup: 1, slowdownPerSequence: 0.08 },
  l4: { name: 'l4', product: 'NVIDIA-L4', memoryBytes: 240 * MIB, usdPerHour: 0.8, speedup: 1, slowdownPerSequence: 0.03 },
  a100: {
    name: 'a100',
    product: 'NVIDIA-A100-SXM4-80GB',
    memoryBytes: 800 * MIB,
    usdPerHour: 3.2,
    speedup: 2.6,
    slowdownPerSequence: 0.015,
  },
  h100: {
    name: 'h100',
    product: 'NVIDIA-H100-80GB-HBM3',
    memoryBytes: 800 * MIB,
    usdPerHour: 6.5,
    speedup: 4.5,
    slowdownPerSequence: 0.01,
  },
};

/** Devices that the process was given. */
export interface GpuGrant {
  readonly count: number;
  readonly device: DeviceProfile;
}

/**
 * What NVIDIA's device plugin tells a container: `NVIDIA_VISIBLE_DEVICES` lists the granted devices, and is absent, empty, `void` or `none`
 * where there are none. `all` says nothing of how many and counts as one. The product comes from GPU_PRODUCT; an unknown one is an L4.
 */
export function grantedGpus(env: Readonly<Record<string, string | undefined>>): GpuGrant | undefined {
  const visible = (env['NVIDIA_VISIBLE_DEVICES'] ?? '').trim();
  if (['', 'void', 'none'].includes(visible)) return undefined;
  return { count: new Set(visible.split(',').filter((id) => id !== '')).size, device: deviceOf(env['GPU_PRODUCT'] ?? '') };
}

function deviceOf(product: string): DeviceProfile {
  const wanted = product.toLowerCase();
  const { l4, a100, h100 } = deviceProfiles;
  return [a100, h100].find((device) => wanted.includes(device.name)) ?? l4;
}
