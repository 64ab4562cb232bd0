import { parseQuantity } from '../infra/cluster/meta/quantity.ts';
import type { Pod } from '../infra/cluster/meta/generated/types.ts';

/** The extended resource that NVIDIA's device plugin offers. */
export const GPU = 'nvidia.com/gpu';

/** How many a pod holds. They are counted by limits: Kubernetes lets nobody request another number of them. Pure. */
export function gpusOf({ spec }: Pod): number {
  const counts = (spec?.containers ?? []).map(({ resources }) => parseQuantity(resources?.limits?.[GPU] ?? '0').nano / 1_000_000_000n);
  return Number(counts.reduce((sum, count) => sum + count, 0n));
}
