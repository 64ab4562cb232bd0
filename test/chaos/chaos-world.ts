import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppsV1Api, CoreV1Api, Exec, KubeConfig, Metrics, type V1Pod } from '@kubernetes/client-node';
import { ChaosClient } from '../../infra/chaos/chaos-client.ts';
import { startCluster } from '../../infra/cluster/cluster.ts';
import type { Cluster, ClusterLog } from '../../infra/cluster/cluster-options.ts';
import { quantityMilli, quantityUnits } from '../../infra/cluster/meta/quantity.ts';
import { ensureImages } from '../../infra/images/image-set.ts';
import { createDockerRuntime } from '../../infra/runtime/docker/docker-runtime.ts';
import { createProcessRuntime } from '../../infra/runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../../infra/runtime/runtime.ts';

/** Answers with what it was asked and who it is. */
const server = `
const http = require('node:http');
http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part)).on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ pod: process.env.POD, method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString() }));
  });
}).listen(8080, '0.0.0.0');
`;

/** Asks once, as a program in the cluster does, and tells what came of it. */
const asker = `
const [url, options] = [process.argv[1], JSON.parse(process.argv[2])];
const startedAt = performance.now();
const tell = (outcome) => { console.log(JSON.stringify({ tookMs: performance.now() - startedAt, ...outcome })); process.exit(0); };
fetch(url, { ...options, signal: AbortSignal.timeout(options.timeoutMs ?? 10000) })
  .then(async (response) => tell({ status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }))
  .catch((error) => tell({ error: error.cause?.code ?? error.name }));
`;

export interface Answer {
  readonly tookMs: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  /** Node's code, such as ECONNREFUSED, or the kind of the error. */
  readonly error?: string;
}

export const namespace = 'lab';
export const hiddenNamespace = 'drillhouse-system';
const image = 'registry.lab/base:1.0';
const quiet: ClusterLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};

/** A cluster that serves Chaos Mesh's kinds, with a Service in it and a pod to ask it from. */
export class ChaosWorld implements AsyncDisposable {
  readonly chaos: ChaosClient;
  readonly core: CoreV1Api;
  readonly operator: KubeConfig;
  readonly trainee: KubeConfig;
  readonly #cluster: Cluster;
  readonly #runtime: ContainerRuntime;
  readonly #folder: string;

  private constructor(cluster: Cluster, runtime: ContainerRuntime, folder: string) {
    this.#cluster = cluster;
    this.#runtime = runtime;
    this.#folder = folder;
    [this.operator, this.trainee] = (['operator', 'admin'] as const).map((identity) => {
      const config = new KubeConfig();
      config.loadFromString(cluster.kubeconfig(identity));
      return config;
    }) as [KubeConfig, KubeConfig];
    this.chaos = new ChaosClient(this.operator, { waitTimeoutMs: 30_000 });
    this.core = this.operator.makeApiClient(CoreV1Api);
  }

  static async start(runtimeName: 'process' | 'docker'): Promise<ChaosWorld> {
    const folder = mkdtempSync(path.join(tmpdir(), 'chaos-test-'));
    const runtime = await openRuntime(runtimeName, folder);
    const cluster = await startCluster({
      clusterId: `chaos-${randomBytes(3).toString('hex')}`,
      runtime,
      dataDir: path.join(folder, 'cluster'),
      hiddenNamespaces: [hiddenNamespace],
      servesChaos: true,
      log: quiet,
    });
    const world = new ChaosWorld(cluster, runtime, folder);
    await world.#furnish();
    return world;
  }

  async #furnish(): Promise<void> {
    const { core } = this;
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const apps = this.operator.makeApiClient(AppsV1Api);
    const container = {
      name: 'server',
      image,
      command: ['node', '-e', server],
      env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      resources: { limits: { memory: '256Mi', cpu: '1' } },
      readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
    };
    const body = {
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
      },
    };
    await apps.createNamespacedDeployment({ namespace, body });
    await core.createNamespacedService({
      namespace,
      body: { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
    });
    const client = { name: 'c', image, command: ['sleep', 'infinity'] };
    await core.createNamespacedPod({
      namespace,
      body: { metadata: { name: 'client', labels: { app: 'client' } }, spec: { terminationGracePeriodSeconds: 0, containers: [client] } },
    });
  }

  /** The one pod that serves, once it is ready. */
  async server(): Promise<V1Pod | undefined> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
    const isReady = ({ metadata, status }: V1Pod): boolean =>
      metadata?.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
    return items.find(isReady);
  }

  async ask(options: object = {}, pathAndQuery = '/'): Promise<Answer> {
    const output = new PassThrough();
    const command = ['node', '-e', asker, `http://web.${namespace}${pathAndQuery}`, JSON.stringify(options)];
    const said = text(output);
    await new Exec(this.operator).exec(namespace, 'client', 'c', command, output, process.stderr, null, false);
    return JSON.parse(await said) as Answer;
  }

  /** What metrics.k8s.io says that the serving pod uses: bytes, and thousandths of a CPU. */
  async usage(): Promise<{ readonly memoryBytes: number; readonly cpuMilli: number }> {
    const name = (await this.server())?.metadata?.name ?? '';
    const { items } = await new Metrics(this.operator).getPodMetrics(namespace);
    const { memory = '0', cpu = '0' } = items.find(({ metadata }) => metadata.name === name)?.containers[0]?.usage ?? {};
    return { memoryBytes: quantityUnits(memory), cpuMilli: quantityMilli(cpu) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.chaos[Symbol.dispose]();
    await this.#cluster[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function openRuntime(name: 'process' | 'docker', folder: string): Promise<ContainerRuntime> {
  if (name === 'process') return createProcessRuntime({ stateDir: path.join(folder, 'runtime'), log: quiet });
  await ensureImages({ report: () => undefined });
  const installation = `chaos-${randomBytes(4).toString('hex')}`;
  return createDockerRuntime({ installation, allowPull: false, pullTimeoutMs: 5_000, log: quiet });
}
