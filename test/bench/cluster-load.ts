import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CoreV1Api, KubeConfig, RbacAuthorizationV1Api, type V1Pod } from '@kubernetes/client-node';
import { startCluster } from '../../infra/cluster/cluster.ts';
import type { Cluster } from '../../infra/cluster/cluster-options.ts';
import { BenchWorker } from './bench-worker.ts';
import { openRuntime, quiet } from './clusters.ts';
import type { LoadRequest, Operation, WatchRequest, WorkerReport } from './cluster-load-worker.ts';
import type { Measurement } from './measure.ts';
import type { WireTarget } from './wire-client.ts';

const CLIENTS = 32;
const LISTED_PODS = 3_000;
const LOAD_MS = 5_000;
const WATCHED_WRITES = 300;

/** Kubernetes 1.36.2 on two cores of the same kind of machine; see the table in the README. */
const reference: Readonly<Partial<Record<Operation, { readonly perSecond: number; readonly factor: number }>>> = {
  create: { perSecond: 1323, factor: 3 },
  get: { perSecond: 2334, factor: 3 },
  patch: { perSecond: 822, factor: 3 },
  list: { perSecond: 34, factor: 10 },
};

/** Makes the requests. */
export class LoadWorker extends BenchWorker<LoadRequest | WatchRequest, WorkerReport> {
  constructor() {
    super('cluster-load-worker.ts');
  }
}

/** A namespace to load and a service account that may do everything: bearer tokens and RBAC are part of what is measured. */
export async function prepareTarget(cluster: Cluster): Promise<WireTarget> {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig('operator'));
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: 'bench' } } });
  await core.createNamespacedServiceAccount({ namespace: 'bench', body: { metadata: { name: 'bench' } } });
  await config.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
    body: {
      metadata: { name: 'bench' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'bench', namespace: 'bench' }],
    },
  });
  const body = { spec: { expirationSeconds: 36_000, audiences: [] } };
  const { status } = await core.createNamespacedServiceAccountToken({ namespace: 'bench', name: 'bench', body });
  const { port } = new URL(cluster.url);
  return {
    port: Number(port),
    token: status?.token ?? '',
    authority: Buffer.from(config.getCurrentCluster()?.caData ?? '', 'base64').toString(),
  };
}

export async function seedConfigMaps(cluster: Cluster, count: number): Promise<void> {
  const core = coreOf(cluster);
  for (let index = 0; index < count; index += 1)
    await core.createNamespacedConfigMap({ namespace: 'bench', body: { metadata: { name: `seed-${index}` }, data: { mode: 'seed' } } });
}

/** Pods as a Deployment makes them. They name a scheduler that is not there, so that nothing but their objects is measured. */
export async function seedPods(cluster: Cluster, count: number): Promise<void> {
  const core = coreOf(cluster);
  for (let start = 0; start < count; start += 50) {
    const names = Array.from({ length: Math.min(50, count - start) }, (_value, offset) => `web-7d4b9c6f5-${start + offset}`);
    await Promise.all(names.map((name) => core.createNamespacedPod({ namespace: 'bench', body: podOf(name) })));
  }
}

function coreOf(cluster: Cluster): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig('operator'));
  return config.makeApiClient(CoreV1Api);
}

function podOf(name: string): V1Pod {
  const probe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5, failureThreshold: 3 };
  return {
    metadata: { name, labels: { app: 'web', 'pod-template-hash': '7d4b9c6f5' }, annotations: { 'prometheus.io/scrape': 'true' } },
    spec: {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'server',
          image: 'registry.lab/inference:1.0',
          args: ['--port', '8080'],
          ports: [{ name: 'http', containerPort: 8080 }],
          env: [
            { name: 'MODEL', value: 'small' },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } },
          livenessProbe: probe,
          readinessProbe: probe,
          volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
        },
      ],
      volumes: [{ name: 'config', configMap: { name: 'web' } }],
    },
  };
}

/** One cluster under 32 clients from a process of their own, and how soon a watch tells of a write meanwhile. */
export async function measureLoad(): Promise<readonly Measurement[]> {
  using folder = makeFolder();
  await using runtime = await openRuntime('process', folder.path);
  await using cluster = await startCluster({ clusterId: 'bench-load', runtime, dataDir: path.join(folder.path, 'load'), log: quiet });
  const target = await prepareTarget(cluster);
  await seedConfigMaps(cluster, CLIENTS);
  using worker = new LoadWorker();
  using watcher = new LoadWorker();
  const run = async (operation: Operation, name: string, forMs = LOAD_MS): Promise<ServedLoad> => {
    const before = process.cpuUsage();
    const report = await worker.run({ kind: 'load', target, operation, clients: CLIENTS, forMs, run: name });
    const { user, system } = process.cpuUsage(before);
    return { ...report, cpuMsEach: (user + system) / 1000 / Math.max(1, report.samples) };
  };
  // Both sides compile what they run often.
  for (const operation of ['create', 'get', 'patch'] as const) await run(operation, 'warm', 1_500);
  const results: Measurement[] = [];
  for (const operation of ['create', 'get', 'patch'] as const) results.push(rateOf(operation, await run(operation, operation)));
  const patches = run('patch', 'beside', 8_000);
  const watched = await watcher.run({ kind: 'watch', target, writes: WATCHED_WRITES, run: 'w' });
  await patches;
  results.push({
    name: `write to watch event under ${CLIENTS} writers`,
    value: watched.p99Ms,
    unit: 'ms',
    target: { atMost: 15 },
    basis: `p99 of ${watched.samples}, from sending the write`,
  });
  await seedPods(cluster, LISTED_PODS);
  for (const operation of ['list', 'listPlain'] as const) {
    await run(operation, 'warm', 1_500);
    results.push(rateOf(operation, await run(operation, operation)));
  }
  return results;
}

/** A load with the processor time that this process, which holds the cluster, spent on each request. */
interface ServedLoad extends WorkerReport {
  readonly cpuMsEach: number;
}

export function makeFolder(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-bench-'));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function rateOf(operation: Operation, report: ServedLoad): Measurement {
  const known = reference[operation];
  const { perSecond, samples, p50Ms, p99Ms, failures, bytesPerAnswer, cpuMsEach } = report;
  if (failures > 0) throw new Error(`${failures} of ${samples} requests of the ${operation} load failed`);
  const against = known === undefined ? '' : `, ${(perSecond / known.perSecond).toFixed(1)} times Kubernetes' ${known.perSecond}`;
  const size = bytesPerAnswer > 10_000 ? `, ${Math.round(bytesPerAnswer / 1000)} kB each` : '';
  return {
    name:
      operation === 'list' || operation === 'listPlain'
        ? `${nameOf(operation)} of ${LISTED_PODS} pods`
        : `${operation}, ${CLIENTS} clients`,
    value: perSecond,
    unit: 'per s',
    ...(known === undefined ? {} : { target: { atLeast: known.perSecond * known.factor } }),
    basis: `${samples} requests, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, processor ${cpuMsEach.toFixed(3)} ms each${size}${against}`,
  };
}

function nameOf(operation: 'list' | 'listPlain'): string {
  return operation === 'list' ? 'list' : 'uncompressed list';
}
