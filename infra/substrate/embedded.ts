import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import {
  SubstrateError,
  type Sandbox,
  type SandboxNode,
  type SandboxUsage,
  type Substrate,
  type SubstrateHealth,
} from '../../server/sandboxes/substrate.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster, ClusterLog, ClusterOptions } from '../cluster/cluster-options.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { loadNodes, saveNodes } from './sandbox-nodes.ts';
import { systemNamespace } from './system-namespace.ts';
import { fetchUsage } from './usage.ts';

/** How often the engine is asked for a sign of life while sandboxes stand on it. */
const HEALTH_INTERVAL_MS = 2_000;

export interface EmbeddedSubstrateOptions {
  readonly runtime: ContainerRuntime;
  /** One folder a cluster is made below this. */
  readonly clustersDir: string;
  readonly log: ClusterLog;
  readonly nodes?: ClusterOptions['nodes'];
  /** Replaced in tests. */
  readonly start?: (options: ClusterOptions) => Promise<Cluster>;
}

/** Sandboxes as embedded clusters in this process, on a container runtime. */
export class EmbeddedSubstrate implements Substrate {
  readonly name: string;
  readonly isolation: string;
  readonly isBoundary: boolean;
  readonly ground = { ownCluster: true, chaos: true };
  readonly #options: EmbeddedSubstrateOptions;
  /** Starting or running; a failed start leaves the map. */
  readonly #clusters = new Map<string, Promise<Cluster>>();
  readonly #listeners = new Set<(health: SubstrateHealth) => void>();
  #health: SubstrateHealth = { ok: true };
  readonly #timer: NodeJS.Timeout;

  constructor(options: EmbeddedSubstrateOptions) {
    this.#options = options;
    this.name = `embedded/${options.runtime.name}`;
    this.isolation = options.runtime.isolation;
    this.isBoundary = options.runtime.name === 'docker';
    this.#timer = setInterval(() => void this.health(), HEALTH_INTERVAL_MS);
    this.#timer.unref();
  }

  async health(): Promise<SubstrateHealth> {
    const found = await this.#options.runtime.health();
    const health: SubstrateHealth = found.ok ? { ok: true } : { ok: false, reason: found.reason };
    const hasChanged = health.ok !== this.#health.ok;
    this.#health = health;
    if (hasChanged) for (const listener of this.#listeners) listener(health);
    return health;
  }

  subscribe(listener: (health: SubstrateHealth) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async provision(
    sandboxId: string,
    progress: (text: string) => void,
    signal: AbortSignal,
    nodes: readonly SandboxNode[] = [],
  ): Promise<Sandbox> {
    const health = await this.health();
    if (!health.ok) throw new SubstrateError('Unavailable', `Sandboxes cannot be started now: ${health.reason}`);
    const startedAt = performance.now();
    if (nodes.length > 0) await saveNodes(this.#folder(sandboxId), nodes);
    const cluster = await this.#start(sandboxId);
    if (signal.aborted) {
      await this.release(sandboxId);
      throw signal.reason;
    }
    progress(`Cluster ready in ${((performance.now() - startedAt) / 1000).toFixed(2)} s`);
    return toSandbox(sandboxId, cluster);
  }

  async adopt(sandboxId: string): Promise<Sandbox | undefined> {
    if (!this.#clusters.has(sandboxId) && !(await this.#isOnDisk(sandboxId))) return undefined;
    return toSandbox(sandboxId, await this.#start(sandboxId));
  }

  async release(sandboxId: string): Promise<void> {
    const running = this.#clusters.get(sandboxId) ?? ((await this.#isOnDisk(sandboxId)) ? this.#start(sandboxId) : undefined);
    this.#clusters.delete(sandboxId);
    const cluster = await running?.catch(() => undefined);
    await cluster?.[Symbol.asyncDispose]();
    await rm(this.#folder(sandboxId), { recursive: true, force: true });
  }

  async sweep(keep: ReadonlySet<string>): Promise<readonly string[]> {
    const keptClusters = new Set([...keep, ...this.#clusters.keys()].map(toClusterId));
    const { removed } = await this.#options.runtime.sweep(keptClusters);
    const orphans = (await this.#idsOnDisk()).filter((id) => !keptClusters.has(id));
    await Promise.all(orphans.map((id) => rm(this.#folder(id), { recursive: true, force: true })));
    return [...removed, ...orphans.map((id) => `folder of ${id}`)];
  }

  async usage(sandboxId: string): Promise<SandboxUsage | undefined> {
    const cluster = await this.#clusters.get(sandboxId);
    return cluster === undefined ? undefined : fetchUsage(toSandbox(sandboxId, cluster).operatorConfig);
  }

  async detach(): Promise<void> {
    clearInterval(this.#timer);
    const running = [...this.#clusters.values()];
    this.#clusters.clear();
    await Promise.all(running.map(async (starting) => (await starting.catch(() => undefined))?.detach()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#clusters.keys()].map((id) => this.release(id)));
    await this.#options.runtime[Symbol.asyncDispose]();
  }

  #start(sandboxId: string): Promise<Cluster> {
    const known = this.#clusters.get(sandboxId);
    if (known !== undefined) return known;
    const starting = this.#startNew(sandboxId);
    this.#clusters.set(sandboxId, starting);
    return starting;
  }

  async #startNew(sandboxId: string): Promise<Cluster> {
    const { runtime, log, start = startCluster } = this.#options;
    const dataDir = this.#folder(sandboxId);
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const nodes = (await loadNodes(dataDir)) ?? this.#options.nodes;
      return await start({
        clusterId: toClusterId(sandboxId),
        runtime,
        dataDir,
        hiddenNamespaces: [systemNamespace],
        servesChaos: true,
        keepsAudit: true,
        log,
        ...(nodes === undefined ? {} : { nodes }),
      });
    } catch (error) {
      this.#clusters.delete(sandboxId);
      throw new SubstrateError(
        'ProvisioningFailed',
        `The sandbox's cluster did not start: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }

  #folder(sandboxId: string): string {
    return path.join(this.#options.clustersDir, toClusterId(sandboxId));
  }

  async #isOnDisk(sandboxId: string): Promise<boolean> {
    return (await this.#idsOnDisk()).includes(toClusterId(sandboxId));
  }

  async #idsOnDisk(): Promise<readonly string[]> {
    const entries = await readdir(this.#options.clustersDir, { withFileTypes: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }
}

function toSandbox(id: string, cluster: Cluster): Sandbox {
  const operatorConfig = new KubeConfig();
  operatorConfig.loadFromString(cluster.kubeconfig('operator'));
  return { id, operatorConfig, snapshots: { take: () => cluster.snapshot(), restore: (snapshot) => cluster.restore(snapshot) } };
}

/** Cluster ids admit no underscore. */
function toClusterId(sandboxId: string): string {
  return sandboxId.replaceAll('_', '-');
}
