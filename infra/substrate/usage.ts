import { CoreV1Api, Metrics, type KubeConfig } from '@kubernetes/client-node';
import type { SandboxUsage } from '../../server/sandboxes/substrate.ts';

const unitBytes: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };

/** Pods and the memory they really use, as metrics.k8s.io tells. Works on any cluster that serves it. */
export async function fetchUsage(config: KubeConfig): Promise<SandboxUsage> {
  const [pods, metrics] = await Promise.all([
    config.makeApiClient(CoreV1Api).listPodForAllNamespaces(),
    new Metrics(config).getPodMetrics(),
  ]);
  const memoryBytes = metrics.items
    .flatMap((pod) => pod.containers)
    .reduce((sum, container) => sum + parseMemory(container.usage.memory), 0);
  return { pods: pods.items.length, memoryBytes };
}

function parseMemory(quantity: string): number {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity);
  return match === null ? 0 : Number(match[1]) * (unitBytes[match[2] ?? ''] ?? 1);
}
