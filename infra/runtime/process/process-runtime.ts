import path from 'node:path';
import { ensureImageBundles } from '../../images/bundle.ts';
import {
  RuntimeError,
  type ClusterRuntime,
  type ClusterRuntimeSpec,
  type ContainerRuntime,
  type RuntimeHealth,
  type SweepReport,
} from '../runtime.ts';
import { describeMissingTools, findIsolation, type IsolationFinding } from './host-tools.ts';
import { ProcessCluster } from './process-cluster.ts';
import { SupervisorClient } from './supervisor-client.ts';
import { prepareSupervisor } from './supervisor-launch.ts';
import type { Isolation } from './wire.ts';
import { CONTAINER_ROOT_ID } from './supervisor/container-program.ts';

export interface ProcessRuntimeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ProcessRuntimeOptions {
  /** A folder of this runtime's own, kept over restarts; containers' files and output lie in it. Only its owner can read it. */
  readonly stateDir: string;
  readonly log: ProcessRuntimeLog;
  /** `off` runs containers as plain processes even where bubblewrap would work. */
  readonly bubblewrap?: 'auto' | 'off';
  /** Without an orchestrator for this long, everything that runs is ended. One hour unless told otherwise. */
  readonly orphanTimeoutMs?: number;
}

const DEFAULT_ORPHAN_TIMEOUT_MS = 3_600_000;
const HEALTH_TIMEOUT_MS = 2_000;

const isolationSentences: Readonly<Record<Isolation, string>> = {
  'bubblewrap-root':
    'Containers are local processes in bubblewrap: each with its own files, process ids and hostname, and without capabilities; they share this machine’s kernel and network, so this is no security boundary.',
  'bubblewrap-user':
    'Containers are local processes in bubblewrap, with this account’s rights over what they see: each with its own files, process ids and hostname; they share this machine’s kernel and network, so this is no security boundary.',
  none: 'Containers are plain local processes with all the rights of this account, files and network included: no isolation whatever.',
};

/** Runs containers as local process trees, see README.md. Throws where that cannot work, e.g. on anything but Linux. */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<ContainerRuntime> {
  if (process.platform !== 'linux')
    throw new RuntimeError('EngineFailed', 'The process runtime needs Linux: addresses of 127/8 and /proc.');
  const [finding] = await Promise.all([findIsolation(options.bubblewrap ?? 'auto'), ensureImageBundles()]);
  report(options.log, finding);
  const config = await prepareSupervisor(path.resolve(options.stateDir), finding, options.orphanTimeoutMs ?? DEFAULT_ORPHAN_TIMEOUT_MS);
  const clusters = new Map<string, ProcessCluster>();
  const client = await SupervisorClient.open(config, async (restored) => {
    for (const cluster of clusters.values()) await cluster.reopen(restored);
  });
  return new ProcessRuntime(client, clusters, finding);
}

function report(log: ProcessRuntimeLog, { problem, isolation }: IsolationFinding): void {
  if (problem !== undefined) log.warn({ problem }, `containers will run without isolation: ${problem}`);
  const missing = describeMissingTools();
  if (missing !== undefined) log.warn({}, missing);
  if (isolation !== 'bubblewrap-root' && process.getuid?.() !== 0)
    log.info({}, 'Service ports below 1024 need root (or net.ipv4.ip_unprivileged_port_start=0)');
}

class ProcessRuntime implements ContainerRuntime {
  readonly name = 'process';
  readonly isolation: string;
  readonly #client: SupervisorClient;
  readonly #clusters: Map<string, ProcessCluster>;
  readonly #version: string;
  readonly #containerRootId: number | undefined;

  constructor(client: SupervisorClient, clusters: Map<string, ProcessCluster>, finding: IsolationFinding) {
    this.#client = client;
    this.#clusters = clusters;
    this.#version = finding.version;
    this.isolation = isolationSentences[finding.isolation];
    this.#containerRootId = finding.isolation === 'bubblewrap-root' ? CONTAINER_ROOT_ID : undefined;
  }

  async health(): Promise<RuntimeHealth> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), HEALTH_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.#client.call('hello', {}), late]);
      return { ok: true, version: this.#version };
    } catch (error) {
      return {
        ok: false,
        reason: `The supervisor of local processes does not answer: ${error instanceof Error ? error.message : String(error)}`,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  async openCluster({ clusterId }: ClusterRuntimeSpec): Promise<ClusterRuntime> {
    if (!/^[a-z0-9-]{1,40}$/.test(clusterId)) throw new RuntimeError('InvalidRequest', `${JSON.stringify(clusterId)} is no cluster id.`);
    const ranges = await this.#client.call('openCluster', { clusterId });
    const cluster = new ProcessCluster({
      client: this.#client,
      clusterId,
      ...ranges,
      containerRootId: this.#containerRootId,
      onClosed: () => {
        if (this.#clusters.get(clusterId) === cluster) this.#clusters.delete(clusterId);
      },
    });
    this.#clusters.set(clusterId, cluster);
    return cluster;
  }

  async sweep(keep: ReadonlySet<string>): Promise<SweepReport> {
    const removed = (await this.#client.call('listClusters', {})).filter((clusterId) => !keep.has(clusterId));
    await Promise.all(removed.map(async (clusterId) => this.#client.call('closeCluster', { clusterId })));
    return { removed };
  }

  /** What runs goes on under the supervisor; when nothing does, the supervisor goes too. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if ((await this.#client.call('listClusters', {})).length === 0) await this.#client.call('shutdown', {});
    } catch {
      // A supervisor that is lost holds nothing that must be let go.
    }
    await this.#client[Symbol.asyncDispose]();
  }
}
