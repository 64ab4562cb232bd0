import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  RuntimeError,
  type ClusterRuntime,
  type ClusterRuntimeSpec,
  type ContainerRuntime,
  type RuntimeHealth,
  type SweepReport,
} from '../runtime.ts';
import { DnsResponder } from '../dns/dns-responder.ts';
import type { ClusterContext } from './cluster-context.ts';
import type { Placement } from './container-config.ts';
import { isLocalAddress } from './dial.ts';
import { DockerCluster } from './docker-cluster.ts';
import { connectEngine, engineMessage, type Engine } from './engine.ts';
import { EventWatcher } from './event-watcher.ts';
import { ImagePuller } from './image-puller.ts';
import { NetworkProgrammer } from './network-programmer.ts';
import { listOwnedClusters, removeOwned } from './removal.ts';
import { openNetwork, type NetworkPool } from './sandbox-network.ts';
import { parseSubnet } from './subnets.ts';

/** The part of a logger that the runtime uses. */
export interface RuntimeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface DockerRuntimeOptions {
  /** What this installation calls itself on an engine that it may share with others; stable over restarts, `[a-z0-9-]`, at most 40. */
  readonly installation: string;
  /** The engine's socket. Absent: DOCKER_HOST, and without that the usual socket. */
  readonly socketPath?: string;
  /**
   * The OCI runtime of trainees' containers. `runsc` (gVisor) must be registered with the engine with `--network=host`, so that it uses
   * the pod's namespace and with it the rules there. Absent: the engine's default.
   */
  readonly ociRuntime?: 'runc' | 'runsc';
  /** Whether images that are not here may be pulled from registries. Without it only images that Drillhouse built can run. */
  readonly allowPull: boolean;
  readonly pullTimeoutMs: number;
  /** Networks of sandboxes are carved from here; it must not overlap with the host's own routes. Default 10.213.0.0/16. */
  readonly addressPool?: string;
  /** Prefix length of one sandbox's network. Default 26: 61 pods. */
  readonly addressPrefix?: number;
  /** The most memory that one container gets, also without a limit of its own. Default 4 GiB. */
  readonly memoryCeilingBytes?: number;
  readonly log: RuntimeLog;
}

/** Virtual: it exists in pods' namespaces only, so that all clusters may use the same one. */
const SERVICE_CIDR = '10.96.0.0/16';
const HEALTH_TIMEOUT_MS = 3_000;
const GIBIBYTE = 1024 ** 3;

/** Containers on a Docker engine (20.10 or newer), local or remote. The engine need not answer yet. */
export function createDockerRuntime(options: DockerRuntimeOptions): ContainerRuntime {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(options.installation))
    throw new RuntimeError('InvalidRequest', `"${options.installation}" cannot name an installation.`);
  return new DockerRuntime(options, connectEngine(options.socketPath === undefined ? {} : { socketPath: options.socketPath }));
}

class DockerRuntime implements ContainerRuntime {
  readonly name = 'docker';
  readonly isolation: string;
  readonly #options: DockerRuntimeOptions;
  readonly #engine: Engine;
  readonly #pool: NetworkPool;
  readonly #puller: ImagePuller;
  readonly #clusters = new Map<string, DockerCluster>();
  readonly #opening = new Set<string>();
  readonly #watcher: EventWatcher;

  constructor(options: DockerRuntimeOptions, engine: Engine) {
    this.#options = options;
    this.#engine = engine;
    this.#pool = planPool(options);
    this.#puller = new ImagePuller(engine, options);
    this.isolation =
      'Docker: each sandbox is containers on an internal network of its own, without capabilities, with memory and process limits; ' +
      (options.ociRuntime === 'runsc' ? 'gVisor stands between them and the kernel.' : 'they share the kernel of the machine.');
    this.#watcher = new EventWatcher(engine, options.installation, {
      onEvent: (event) => this.#clusters.get(event.clusterId)?.handleEvent(event),
      onLost: (reason) => this.#lost(reason),
      onConnected: (wasLost) => this.#connected(wasLost),
    });
  }

  async health(): Promise<RuntimeHealth> {
    const timer = new AbortController();
    const silence = delay(
      HEALTH_TIMEOUT_MS,
      { ok: false as const, reason: `no answer within ${HEALTH_TIMEOUT_MS} ms` },
      { signal: timer.signal },
    );
    silence.catch(() => undefined);
    try {
      return await Promise.race([this.#askVersion(), silence]);
    } finally {
      timer.abort();
    }
  }

  async #askVersion(): Promise<RuntimeHealth> {
    try {
      return { ok: true, version: (await this.#engine.calls.version()).Version };
    } catch (error) {
      return { ok: false, reason: engineMessage(error) };
    }
  }

  async openCluster(spec: ClusterRuntimeSpec): Promise<ClusterRuntime> {
    if (!/^[a-z0-9-]{1,40}$/.test(spec.clusterId)) throw new RuntimeError('InvalidRequest', `"${spec.clusterId}" cannot name a cluster.`);
    if (this.#clusters.has(spec.clusterId) || this.#opening.has(spec.clusterId))
      throw new RuntimeError('InvalidRequest', `Cluster ${spec.clusterId} is open already.`);
    this.#opening.add(spec.clusterId);
    try {
      return await this.#open(spec);
    } finally {
      this.#opening.delete(spec.clusterId);
    }
  }

  async #open(spec: ClusterRuntimeSpec): Promise<ClusterRuntime> {
    await mkdir(spec.dataDir, { recursive: true });
    const cluster = new DockerCluster(await this.#createContext(spec), SERVICE_CIDR, () => this.#clusters.delete(spec.clusterId));
    // From here on events reach it, so that none falls between the inventory and the first event.
    this.#clusters.set(spec.clusterId, cluster);
    try {
      const { pods } = await cluster.adopt();
      if (pods.length > 0) this.#options.log.info({ cluster: spec.clusterId, pods: pods.length }, 'took over running pods');
      return cluster;
    } catch (error) {
      await cluster.detach();
      this.#clusters.delete(spec.clusterId);
      throw error;
    }
  }

  async #createContext({ clusterId, dataDir }: ClusterRuntimeSpec): Promise<ClusterContext> {
    const ownership = { installation: this.#options.installation, clusterId };
    const network = await openNetwork(this.#engine, ownership, this.#pool);
    const isLocal = await isLocalAddress(network.gateway);
    if (!isLocal)
      this.#options.log.warn({ cluster: clusterId }, 'the engine is not on this machine: its pods cannot reach their API server');
    const dns = isLocal ? await DnsResponder.listen(network.gateway) : undefined;
    return {
      engine: this.#engine,
      placement: this.#placement(ownership),
      network,
      isLocal,
      dns,
      programmer: new NetworkProgrammer(this.#engine, network, { serviceCidr: SERVICE_CIDR, dnsPort: dns?.port }),
      puller: this.#puller,
      dataDir,
    };
  }

  #placement(ownership: Placement['ownership']): Placement {
    return { ownership, ociRuntime: this.#options.ociRuntime, memoryCeilingBytes: this.#options.memoryCeilingBytes ?? 4 * GIBIBYTE };
  }

  async sweep(keep: ReadonlySet<string>): Promise<SweepReport> {
    const { installation } = this.#options;
    const orphans = [...(await listOwnedClusters(this.#engine, installation))].filter((clusterId) => !keep.has(clusterId));
    const removed: string[] = [];
    for (const clusterId of orphans) removed.push(...(await removeOwned(this.#engine, { installation, clusterId })));
    return { removed };
  }

  #lost(reason: string): void {
    this.#options.log.warn({ reason }, 'the Docker engine is gone');
    for (const cluster of this.#clusters.values()) cluster.tellLost(reason);
  }

  async #connected(wasLost: boolean): Promise<void> {
    await Promise.all([...this.#clusters.values()].map((cluster) => cluster.resync()));
    if (!wasLost) return;
    this.#options.log.info({}, 'the Docker engine is back');
    for (const cluster of this.#clusters.values()) cluster.tellBack();
  }

  /** Stops watching; what runs stays, as each cluster is disposed or detached by whoever opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher[Symbol.asyncDispose]();
  }
}

function planPool(options: DockerRuntimeOptions): NetworkPool {
  const pool = parseSubnet(options.addressPool ?? '10.213.0.0/16');
  const prefix = options.addressPrefix ?? 26;
  if (pool === undefined || prefix < pool.prefix || prefix > 29)
    throw new RuntimeError('InvalidRequest', `Networks of /${prefix} cannot be carved from ${options.addressPool ?? 'the pool'}.`);
  return { pool, prefix };
}
