import { isDeepStrictEqual } from 'node:util';
import {
  SubstrateError,
  type Sandbox,
  type SandboxNode,
  type SandboxUsage,
  type Substrate,
  type SubstrateHealth,
} from '../../../server/sandboxes/substrate.ts';
import { systemClock, type Clock } from '../../cluster/meta/clock.ts';
import type { ClusterLog } from '../../cluster/cluster-options.ts';
import { fetchNamespaceUsage } from '../usage.ts';
import { ClusterLink } from './cluster-link.ts';
import { ClusterSandboxes } from './cluster-sandboxes.ts';
import type { ClustersFile } from './clusters-file.ts';
import { planPlacement } from './placement.ts';
import type { SandboxNames } from './sandbox-labels.ts';

const HEALTH_INTERVAL_MS = 5_000;
/** Of those that come and go, the latest. */
const REMEMBERED_A_PLACE = 4;

export interface KubernetesSubstrateOptions {
  readonly file: ClustersFile;
  readonly log: ClusterLog;
  readonly clock?: Clock;
  /** Marks what is made as known to one database, in small letters and digits. Absent: nothing is marked. */
  readonly owner?: string;
  /**
   * Runs work that chooses a cluster and takes the place, one at a time over all servers of the installation: two would both see the last free place. Absent: one
   * at a time in this one.
   */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether this server, of several, is the one that makes sandboxes ahead. Absent: it is the only one. */
  readonly leads?: () => boolean;
}

interface Found {
  readonly cluster: ClusterSandboxes;
  readonly names: SandboxNames;
}

/**
 * Sandboxes as pairs of namespaces on a company's own clusters. Nothing is kept here: what there is, is read from labels, so that any server of the installation finds
 * every sandbox, and a restart needs no adoption. A cluster that does not answer is passed by; what stands on it is there again when it is.
 */
export class KubernetesSubstrate implements Substrate {
  readonly name = 'kubernetes';
  readonly isolation =
    'Each sandbox is two namespaces with quota, network policies and Pod Security; how far they hold is up to the clusters.';
  readonly isBoundary = true;
  readonly capacity: number;
  readonly #clusters: readonly ClusterSandboxes[];
  readonly #listeners = new Set<(health: SubstrateHealth) => void>();
  /** Where sandboxes that this server had to do with lie: what cannot be looked up while its cluster is away. */
  readonly #where = new Map<string, ClusterSandboxes>();
  readonly #stop = new AbortController();
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #leads: () => boolean;
  #servesChaos = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor({
    file: { installation, clusters },
    log,
    clock = systemClock,
    owner,
    inTurn = oneAtATime(),
    leads = () => true,
  }: KubernetesSubstrateOptions) {
    this.#inTurn = inTurn;
    this.#leads = leads;
    const links = clusters.map((settings) => new ClusterLink(settings, { clock }));
    this.#clusters = links.map((link) => new ClusterSandboxes({ link, installation, owner, log, clock }));
    this.capacity = clusters.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  /** Looks at every cluster first. Throws SubstrateError, saying of each what is wrong, when none can be used. */
  static async open(options: KubernetesSubstrateOptions): Promise<KubernetesSubstrate> {
    const substrate = new KubernetesSubstrate(options);
    const health = await substrate.health();
    if (!health.ok) {
      await substrate[Symbol.asyncDispose]();
      throw new SubstrateError('Unavailable', `No cluster can be used. ${health.reason}`);
    }
    substrate.#timer = setInterval(() => void substrate.#tick(), HEALTH_INTERVAL_MS);
    return substrate;
  }

  /** Experiments only where every cluster serves them: where a sandbox will lie is not known when a lab is asked for. */
  get ground(): Substrate['ground'] {
    return { ownCluster: false, chaos: this.#servesChaos };
  }

  async health(): Promise<SubstrateHealth> {
    const before = this.#usable;
    await Promise.all(this.#clusters.map(async (cluster) => cluster.noteTrouble(await cluster.link.findTrouble())));
    const usable = this.#clusters.filter(({ trouble }) => trouble === undefined);
    const facts = await Promise.allSettled(usable.map(({ link }) => link.facts()));
    this.#servesChaos = facts.length > 0 && facts.every((each) => each.status === 'fulfilled' && each.value.servesChaos);
    const reason = this.#clusters.map(({ trouble }) => trouble).join(' ');
    const health: SubstrateHealth = usable.length > 0 ? { ok: true } : { ok: false, reason };
    if (!isDeepStrictEqual(namesOf(usable), namesOf(before))) for (const listener of this.#listeners) listener(health);
    return health;
  }

  troubleOf(sandboxId: string): string | undefined {
    return this.#where.get(sandboxId)?.trouble;
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
    if (nodes.length > 0)
      throw new SubstrateError('ProvisioningFailed', 'The lab needs nodes of its own, which a namespace of a shared cluster cannot have.');
    // What was begun on a cluster that is away is begun anew on another; what is left there is swept when it is back.
    const { found } = await this.#look(sandboxId);
    const place = found === undefined ? await this.#inTurn(() => this.#place(sandboxId)) : { ...found, isWhole: false };
    const { cluster, names, isWhole } = place;
    progress(`Namespaces on the cluster ${cluster.name}`);
    try {
      if (!isWhole) await cluster.complete(sandboxId, names, signal);
      signal.throwIfAborted();
      return this.#toSandbox(sandboxId, place);
    } catch (error) {
      if (signal.aborted) await cluster.release(sandboxId);
      throw error;
    } finally {
      cluster.making.delete(sandboxId);
    }
  }

  async adopt(sandboxId: string): Promise<Sandbox | undefined> {
    const found = await this.#find(sandboxId);
    return found === undefined ? undefined : this.#toSandbox(sandboxId, found);
  }

  /** Resolves when the namespaces are being deleted; what keeps one from going is the cluster's, and {@link sweep} tells of it. */
  async release(sandboxId: string): Promise<void> {
    this.#where.delete(sandboxId);
    for (const cluster of this.#usable) await cluster.release(sandboxId);
  }

  async sweep(keep: ReadonlySet<string>): Promise<readonly string[]> {
    const swept: string[] = [];
    for (const cluster of this.#usable) swept.push(...(await cluster.sweep(keep)));
    return swept;
  }

  async usage(sandboxId: string): Promise<SandboxUsage | undefined> {
    const found = await this.#find(sandboxId);
    if (found === undefined) return undefined;
    return fetchNamespaceUsage(found.cluster.link.config, [found.names.namespace, found.names.hiddenNamespace]);
  }

  async detach(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(new Error('The substrate is let go of.'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
    for (const { link } of this.#clusters) link[Symbol.dispose]();
  }

  get #usable(): readonly ClusterSandboxes[] {
    return this.#clusters.filter(({ trouble }) => trouble === undefined);
  }

  async #tick(): Promise<void> {
    await this.health();
    if (this.#leads()) await Promise.all(this.#usable.map((cluster) => cluster.warmUp(this.#stop.signal)));
  }

  /** Undefined only where every cluster said that it has none: a sandbox on a cluster that is away is not lost. */
  async #find(sandboxId: string): Promise<Found | undefined> {
    const { found, away } = await this.#look(sandboxId);
    if (found !== undefined || away === undefined) return found;
    // It was made by another server, perhaps: it can only lie where nobody answers.
    if (!this.#where.has(sandboxId)) this.#remember(sandboxId, away.cluster);
    throw away.reason;
  }

  /** `away`: a cluster that could not say, and why. */
  async #look(
    sandboxId: string,
  ): Promise<{ readonly found?: Found; readonly away?: { readonly cluster: ClusterSandboxes; readonly reason: SubstrateError } }> {
    const looks = await Promise.allSettled(this.#clusters.map(async (cluster) => ({ cluster, names: await cluster.find(sandboxId) })));
    for (const look of looks) {
      if (look.status === 'rejected' || look.value.names === undefined) continue;
      return { found: { cluster: look.value.cluster, names: look.value.names } };
    }
    for (const [index, look] of looks.entries()) {
      const cluster = this.#clusters[index];
      if (look.status === 'rejected' && cluster !== undefined) return { away: { cluster, reason: look.reason as SubstrateError } };
    }
    return {};
  }

  /** Once it is answered, the labels on the cluster show that the place is taken. Whoever asked takes the sandbox off the cluster's `making` once it is made. */
  async #place(sandboxId: string): Promise<Found & { readonly isWhole: boolean }> {
    const placement = planPlacement(await Promise.all(this.#clusters.map((cluster) => cluster.candidate())));
    if (placement.kind === 'full') throw new SubstrateError('CapacityExhausted', placement.reason);
    if (placement.kind === 'unavailable') throw new SubstrateError('Unavailable', placement.reason);
    const cluster = this.#clusters.find(({ name }) => name === placement.name);
    if (cluster === undefined) throw new SubstrateError('Unavailable', `There is no cluster ${placement.name}.`);
    cluster.making.add(sandboxId);
    try {
      return { cluster, ...(await cluster.take(sandboxId)) };
    } catch (error) {
      cluster.making.delete(sandboxId);
      throw error;
    }
  }

  #remember(sandboxId: string, cluster: ClusterSandboxes): void {
    this.#where.delete(sandboxId);
    this.#where.set(sandboxId, cluster);
    // Others let go of sandboxes as well, and nobody tells this server.
    for (const id of this.#where.keys()) {
      if (this.#where.size <= this.capacity * REMEMBERED_A_PLACE) return;
      this.#where.delete(id);
    }
  }

  #toSandbox(id: string, { cluster, names }: Found): Sandbox {
    this.#remember(id, cluster);
    const { registry, runtimeClass, storageClass } = cluster.link.settings;
    const classes = {
      ...(runtimeClass === undefined ? {} : { runtimeClass }),
      ...(storageClass === undefined ? {} : { storageClass }),
    };
    return { id, operatorConfig: cluster.link.config, place: { ...names, registry, ...classes } };
  }
}

function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

function namesOf(clusters: readonly ClusterSandboxes[]): readonly string[] {
  return clusters.map(({ name }) => name);
}
