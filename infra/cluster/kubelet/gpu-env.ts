import { createHash } from 'node:crypto';
import type { Container } from '../meta/generated/types.ts';

const GPU_RESOURCE = 'nvidia.com/gpu';
/** How NVIDIA's device discovery names a node's devices. */
export const GPU_PRODUCT_LABEL = 'nvidia.com/gpu.product';
const visibleDevices = 'NVIDIA_VISIBLE_DEVICES';
const product = 'GPU_PRODUCT';

/**
 * What a container learns of the devices it was granted, as from NVIDIA's device plugin. It comes after the container's own variables
 * and takes theirs of these names away: who asks for nothing sees no device, whatever it claims.
 */
export function withGpuEnv(
  env: ReadonlyMap<string, string>,
  grant: { readonly container: Container; readonly podUid: string; readonly gpuProduct: string | undefined },
): ReadonlyMap<string, string> {
  const own = new Map([...env].filter(([name]) => name !== visibleDevices && name !== product));
  const count = Number(grant.container.resources?.limits?.[GPU_RESOURCE] ?? 0);
  if (!(count > 0)) return own;
  const devices = Array.from({ length: count }, (_, index) => deviceId(`${grant.podUid}/${grant.container.name}/${index}`));
  own.set(visibleDevices, devices.join(','));
  if (grant.gpuProduct !== undefined) own.set(product, grant.gpuProduct);
  return own;
}

function deviceId(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `GPU-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
