import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CoreV1Api, KubeConfig, Watch, type V1Pod } from '@kubernetes/client-node';
import { startCluster } from '../../infra/cluster/cluster.ts';
import type { Cluster, ClusterLog } from '../../infra/cluster/cluster-options.ts';
import { createDockerRuntime } from '../../infra/runtime/docker/docker-runtime.ts';
import { createProcessRuntime } from '../../infra/runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../../infra/runtime/runtime.ts';
import { collectGarbage, percentile, timed, type Measurement } from './measure.ts';

const CLUSTERS = 20;
const PODS = 10;
export const quiet: ClusterLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields, message) => console.error(message, fields),
};

export async function openRuntime(name: 'process' | 'docker', stateDir: string): Promise<ContainerRuntime> {
  return name === 'docker'
    ? createDockerRuntime({ installation: `bench-${process.pid}`, log: quiet, allowPull: false, pullTimeoutMs: 10_000 })
    : createProcessRuntime({ stateDir, log: quiet });
}

function kubeConfigOf(cluster: Cluster): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig('operator'));
  return config;
}

/** Time and memory of a new cluster, from nothing to its API answering over HTTPS. */
export async function measureClusters(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-bench-'));
  await using runtime = await openRuntime('process', folder);
  const startOne = async (index: number): Promise<Cluster> => {
    const cluster = await startCluster({ clusterId: `bench-${index}`, runtime, dataDir: path.join(folder, String(index)), log: quiet });
    await kubeConfigOf(cluster).makeApiClient(CoreV1Api).listNamespace();
    return cluster;
  };
  // The first cluster pays for what all share: compiled code, schemas.
  const clusters = [await startOne(0)];
  collectGarbage();
  const before = process.memoryUsage.rss();
  const times: number[] = [];
  for (let index = 1; index <= CLUSTERS; index += 1) {
    const { result, tookMs } = await timed(() => startOne(index));
    clusters.push(result);
    times.push(tookMs);
  }
  collectGarbage();
  const perClusterMb = (process.memoryUsage.rss() - before) / 1e6 / CLUSTERS;
  await Promise.all(clusters.map((cluster) => cluster[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true, force: true });
  return [
    {
      name: 'new cluster, API answering',
      value: percentile(times, 0.5),
      unit: 'ms',
      target: { atMost: 50 },
      basis: `median of ${CLUSTERS}`,
    },
    { name: 'memory a cluster', value: perClusterMb, unit: 'MB', target: { atMost: 5 }, basis: `mean of ${CLUSTERS}, resident` },
  ];
}

/** From the create call to the Ready condition, image present. */
export async function measurePods(name: 'process' | 'docker'): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-bench-'));
  await using runtime = await openRuntime(name, folder);
  const cluster = await startCluster({ clusterId: `bench-pods-${process.pid}`, runtime, dataDir: path.join(folder, 'pods'), log: quiet });
  const config = kubeConfigOf(cluster);
  const times: number[] = [];
  for (let index = 0; index < PODS; index += 1) times.push(await runPod(config, `pod-${index}`));
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  return [
    {
      name: `${name}: pod to Ready, image present`,
      value: percentile(times, 0.5),
      unit: 'ms',
      target: { atMost: name === 'docker' ? 450 : 80 },
      basis: `median of ${PODS}`,
    },
  ];
}

/** Milliseconds from the create call to the watch event that says Ready. Watched rather than polled: polling takes the processor from what is measured. */
async function runPod(config: KubeConfig, name: string): Promise<number> {
  const body: V1Pod = {
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'registry.lab/base:1.0', command: ['sleep', 'inf'] }] },
  };
  let stop: AbortController | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      let startedAt = Number.NaN;
      const onEvent = (_phase: string, pod: V1Pod): void => {
        if (isReady(pod)) resolve(performance.now() - startedAt);
      };
      const query = { fieldSelector: `metadata.name=${name}`, timeoutSeconds: 60 };
      void new Watch(config)
        .watch('/api/v1/namespaces/default/pods', query, onEvent, () => reject(new Error(`${name} did not become Ready.`)))
        .then(async (controller) => {
          stop = controller;
          startedAt = performance.now();
          await config.makeApiClient(CoreV1Api).createNamespacedPod({ namespace: 'default', body });
        })
        .catch(reject);
    });
  } finally {
    stop?.abort();
  }
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}
