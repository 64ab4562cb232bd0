import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Calls, CallName, SupervisorConfig, WireMessage } from '../wire.ts';
import { planBlock, type AddressBlock } from './address-blocks.ts';
import { containerFolder, SupervisedCluster } from './cluster.ts';
import type { Container, ContainerHost } from './container.ts';
import { PipePool } from './pipe-pool.ts';
import { sweepLeftovers } from './leftovers.ts';
import { SharedProcessTable } from './process-watch.ts';
import { DnsResponder } from '../../dns/dns-responder.ts';
import { RangeClaims } from './range-claims.ts';
import type { ProxyProblem } from './service-proxy.ts';
import { UserNamespaceStore } from './user-namespaces.ts';
import { WireDoor } from './wire-door.ts';
import { WireFailure } from './wire-failure.ts';

type Handlers = { readonly [N in CallName]: (params: Calls[N]['params']) => Promise<Calls[N]['result']> };

/** All that runs on one state folder. It outlives the orchestrators that speak to it, so that what runs outlives them too. */
export class Supervisor {
  readonly config: SupervisorConfig;
  readonly #host: ContainerHost;
  readonly #claims: RangeClaims;
  readonly #clusters = new Map<string, SupervisedCluster>();
  readonly #opening = new Map<string, Promise<SupervisedCluster>>();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #blocks: Map<string, AddressBlock>;
  readonly #emit: (message: WireMessage) => void;
  readonly #onEmpty: () => void;

  /** `onEmpty` is called when the last cluster has ended. */
  constructor(config: SupervisorConfig, emit: (message: WireMessage) => void, onEmpty: () => void) {
    this.config = config;
    this.#emit = emit;
    this.#onEmpty = onEmpty;
    mkdirSync(this.#clustersFolder, { recursive: true, mode: 0o700 });
    this.#host = {
      config,
      pipes: new PipePool(),
      table: new SharedProcessTable(),
      ...userNamespacesOf(config),
    };
    this.#claims = new RangeClaims(config.stateDir);
    this.#blocks = readBlocks(this.#blocksFile);
  }

  /** Ends what a supervisor that was killed left behind. */
  async start(): Promise<void> {
    await sweepLeftovers(this.#clustersFolder, containerFolder);
    mkdirSync(this.#clustersFolder, { recursive: true, mode: 0o700 });
  }

  get isEmpty(): boolean {
    return this.#clusters.size === 0 && this.#opening.size === 0;
  }

  findContainer(id: string): Container | undefined {
    for (const cluster of this.#clusters.values()) {
      const container = cluster.findContainer(id);
      if (container !== undefined) return container;
    }
    return undefined;
  }

  requireContainer(id: string): Container {
    const container = this.findContainer(id);
    if (container === undefined) throw new WireFailure('UnknownContainer', `There is no container ${id.slice(0, 12)}.`);
    return container;
  }

  readonly handlers: Handlers = {
    hello: async () => ({ buildId: this.config.buildId, pid: process.pid }),
    openCluster: async ({ clusterId, dnsPort }) => (await this.#open(clusterId, dnsPort)).ranges,
    closeCluster: async ({ clusterId }) => this.#close(clusterId),
    // Those that were open under an earlier supervisor still have their addresses.
    listClusters: async () => [...new Set([...this.#clusters.keys(), ...this.#blocks.keys()])],
    runPodSandbox: async ({ clusterId, spec }) => this.#require(clusterId).runPod(spec),
    removePodSandbox: async ({ clusterId, podUid }) => {
      await this.#clusters.get(clusterId)?.removePod(podUid);
      return null;
    },
    listPods: async ({ clusterId }) => this.#require(clusterId).listPods(),
    createContainer: async ({ clusterId, spec, image }) => ({ id: this.#require(clusterId).createContainer(spec, image).id }),
    startContainer: async ({ id }) => {
      const failure = await this.#ownerOf(id).startContainer(this.requireContainer(id));
      return failure === undefined ? {} : { failure };
    },
    stopContainer: async ({ id, graceSeconds, signal }) => {
      await this.findContainer(id)?.stop(graceSeconds, signal ?? 'SIGTERM');
      return null;
    },
    removeContainer: async ({ id }) => {
      const container = this.findContainer(id);
      if (container !== undefined) await this.#ownerOf(id).removeContainer(container);
      return null;
    },
    inspectContainer: async ({ id }) => this.findContainer(id)?.state ?? { kind: 'absent' },
    stats: async ({ id }) => (await this.findContainer(id)?.stats()) ?? null,
    programServices: async ({ clusterId, services }) => {
      await this.#require(clusterId).programServices(services);
      return null;
    },
    programTraffic: async ({ clusterId, traffic }) => {
      this.#require(clusterId).programTraffic(traffic);
      return null;
    },
    shutdown: async () => {
      await this.shutdown();
      return null;
    },
  };

  /** Ends every cluster; their address ranges are forgotten with them. */
  async shutdown(): Promise<void> {
    await Promise.all([...this.#clusters.keys()].map(async (clusterId) => this.#close(clusterId)));
    await this.#claims[Symbol.asyncDispose]();
  }

  #require(clusterId: string): SupervisedCluster {
    const cluster = this.#clusters.get(clusterId);
    if (cluster === undefined) throw new WireFailure('InvalidRequest', `The cluster ${clusterId} is not open.`);
    return cluster;
  }

  #ownerOf(id: string): SupervisedCluster {
    for (const cluster of this.#clusters.values()) if (cluster.findContainer(id) !== undefined) return cluster;
    throw new WireFailure('UnknownContainer', `There is no container ${id.slice(0, 12)}.`);
  }

  async #open(clusterId: string, dnsPort?: number): Promise<SupervisedCluster> {
    await this.#closing.get(clusterId);
    const present = this.#clusters.get(clusterId) ?? this.#opening.get(clusterId);
    if (present !== undefined) return present;
    const opening = this.#openNew(clusterId, dnsPort).finally(() => this.#opening.delete(clusterId));
    this.#opening.set(clusterId, opening);
    return opening;
  }

  async #openNew(clusterId: string, dnsPort: number | undefined): Promise<SupervisedCluster> {
    const block = await this.#blockFor(clusterId);
    const onProxyProblem: ProxyProblem = ({ host, port }, error) => reportProxyProblem(clusterId, host, port, error);
    const cluster = new SupervisedCluster({
      ...{ host: this.#host, clusterId, block, onProxyProblem },
      door: await WireDoor.listen(block, onProxyProblem),
      // On the port where it was before, if there was one: the Service for names leads there.
      dns: await DnsResponder.listen('127.0.0.1', dnsPort),
      folder: path.join(this.#clustersFolder, createHash('sha256').update(clusterId).digest('hex').slice(0, 24)),
      onExit: ({ id }, podUid) => this.#emit({ event: 'container-exited', clusterId, id, podUid }),
    });
    this.#clusters.set(clusterId, cluster);
    return cluster;
  }

  async #close(clusterId: string): Promise<null> {
    const closing = this.#closing.get(clusterId) ?? this.#closeNow(clusterId).finally(() => this.#closing.delete(clusterId));
    this.#closing.set(clusterId, closing);
    await closing;
    return null;
  }

  async #closeNow(clusterId: string): Promise<void> {
    await this.#clusters.get(clusterId)?.close();
    this.#clusters.delete(clusterId);
    if (this.#blocks.delete(clusterId)) this.#saveBlocks();
    if (this.isEmpty) this.#onEmpty();
  }

  /** The block that the cluster had before, as its Services' addresses are in its journal; otherwise a free one. */
  async #blockFor(clusterId: string): Promise<AddressBlock> {
    const kept = this.#blocks.get(clusterId);
    if (kept !== undefined) {
      if (await this.#claims.claim(kept.range)) return kept;
      throw new WireFailure(
        'EngineFailed',
        `Addresses 127.${kept.range}.0.0/16 of cluster ${clusterId} are used by another Drillhouse on this host.`,
      );
    }
    const known = [...new Set([...this.#blocks.values()].map(({ range }) => range))];
    for (const range of known) await this.#claims.claim(range);
    while (true) {
      const block = planBlock(this.#claims.ranges, [...this.#blocks.values()]);
      if (block !== undefined) {
        this.#blocks.set(clusterId, block);
        this.#saveBlocks();
        return block;
      }
      if ((await this.#claims.claimAnother()) === undefined)
        throw new WireFailure('AddressSpaceExhausted', 'Every range of 127/8 is in use on this host.');
    }
  }

  #saveBlocks(): void {
    writeFileSync(`${this.#blocksFile}.new`, JSON.stringify(Object.fromEntries(this.#blocks)), { mode: 0o600 });
    renameSync(`${this.#blocksFile}.new`, this.#blocksFile);
  }

  get #blocksFile(): string {
    return path.join(this.config.stateDir, 'addresses.json');
  }

  get #clustersFolder(): string {
    return path.join(this.config.stateDir, 'clusters');
  }
}

function userNamespacesOf({ isolation, tools: { unshare, nsenter } }: SupervisorConfig): Pick<ContainerHost, 'userNamespaces'> {
  if (isolation === 'none' || unshare === undefined || nsenter === undefined) return {};
  return { userNamespaces: new UserNamespaceStore(isolation, { unshare, nsenter }) };
}

function readBlocks(file: string): Map<string, AddressBlock> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, AddressBlock>));
  } catch {
    rmSync(file, { force: true });
    return new Map();
  }
}

/** Goes to the supervisor's log file. */
function reportProxyProblem(clusterId: string, host: string, port: number, error: NodeJS.ErrnoException): void {
  const why =
    error.code === 'EACCES' ? 'ports below 1024 need root here (or net.ipv4.ip_unprivileged_port_start=0)' : (error.code ?? error.message);
  process.stderr.write(`${new Date().toISOString()} cluster ${clusterId}: Service port ${host}:${port} cannot listen: ${why}\n`);
}
