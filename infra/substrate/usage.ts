import { CoreV1Api, Metrics, type KubeConfig, type PodMetric } from '@kubernetes/client-node';
import type { SandboxUsage } from '../../server/sandboxes/substrate.ts';

const unitBytes: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };

/** Pods and the memory they really use, as metrics.k8s.io tells; 0 bytes on a cluster that does not serve it. */
export async function fetchNamespaceUsage(config: KubeConfig, namespaces: readonly string[]): Promise<SandboxUsage> {
  const core = config.makeApiClient(CoreV1Api);
  const metrics = new Metrics(config);
  const parts = await Promise.all(
    namespaces.map(async (namespace) => ({
      pods: (await core.listNamespacedPod({ namespace })).items.length,
      items: await metrics.getPodMetrics(namespace).then(
        ({ items }) => items,
        () => [],
      ),
    })),
  );
  return {
    pods: parts.reduce((sum, { pods }) => sum + pods, 0),
    memoryBytes: sumMemory(parts.flatMap(({ items }) => items)),
  };
}

/** The same of a whole cluster, which must serve metrics.k8s.io. */
export async function fetchUsage(config: KubeConfig): Promise<SandboxUsage> {
  const [pods, metrics] = await Promise.all([
    config.makeApiClient(CoreV1Api).listPodForAllNamespaces(),
    new Metrics(config).getPodMetrics(),
  ]);
  return { pods: pods.items.length, memoryBytes: sumMemory(metrics.items) };
}

function sumMemory(pods: readonly PodMetric[]): number {
  return pods.flatMap((pod) => pod.containers).reduce((sum, container) => sum + parseMemory(container.usage.memory), 0);
}

function parseMemory(quantity: string): number {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity);
  return match === null ? 0 : Number(match[1]) * (unitBytes[match[2] ?? ''] ?? 1);
}
