import type { ClusterLog, NodeSpec } from '../cluster-options.ts';
import type { ApiClient } from '../client/api-client.ts';
import { isAlreadyExists, isConflict, messageOf, orAbsent } from '../client/api-errors.ts';
import { resources, subresource } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { Lease, Node } from '../meta/generated/types.ts';
import { microTimeText } from '../meta/times.ts';
import { isExtendedResource } from '../meta/validation/resources.ts';
import { nodeObject, nodeStatus, type NodeHealth } from './node-object.ts';

/**
 * A real kubelet renews every 10 s for a lease of 40 s. Here kubelet and API server live and die together, so a lease proves little;
 * a hundred idle clusters should not write for it all the time.
 */
const RENEW_MS = 60_000;
const LEASE_SECONDS = 150;
/** The node's status is written anew at every fifth renewal, as the kubelet does every five minutes. */
const HEARTBEAT_EVERY = 5;
const LEASE_NAMESPACE = 'kube-node-lease';
const MAX_CONFLICTS = 5;

/** Registers one node, keeps its status and its lease. */
export class NodeRegistrar implements AsyncDisposable {
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #log: ClusterLog;
  readonly #spec: NodeSpec;
  readonly #ip: string;
  #health: NodeHealth = { isReady: true };
  #timer: Disposable | undefined;
  #renewals = 0;
  #work: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: {
    readonly api: ApiClient;
    readonly clock: Clock;
    readonly log: ClusterLog;
    readonly spec: NodeSpec;
    readonly ip: string;
  }) {
    this.#api = options.api;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#spec = options.spec;
    this.#ip = options.ip;
  }

  /** Resolves once the node is there and ready. A node that is there already is taken over. */
  async register(): Promise<void> {
    await this.#api.create<Node>(resources.nodes, nodeObject(this.#spec)).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
    await this.#writeStatus();
    await this.#renewLease();
    this.#schedule();
  }

  /** Tells the API of a change in what the node can do; written in the background, in order. */
  setHealth(health: NodeHealth): void {
    this.#health = health;
    this.restate();
  }

  /** Writes what the node has over what somebody else made its status say. */
  restate(): void {
    this.#inBackground(() => this.#writeStatus());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#work;
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    this.#timer = this.#clock.after(RENEW_MS, () => {
      this.#renewals += 1;
      this.#inBackground(async () => {
        await this.#renewLease();
        if (this.#renewals % HEARTBEAT_EVERY === 0) await this.#writeStatus();
      });
      this.#schedule();
    });
  }

  #inBackground(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#log.warn({ node: this.#spec.name, reason: messageOf(error) }, 'node status not written');
    });
  }

  async #writeStatus(): Promise<void> {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS && !this.#isDisposed; conflicts += 1) {
      const node = await orAbsent(this.#api.get<Node>(resources.nodes, this.#spec.name));
      // Somebody deleted the node; a kubelet that still runs does not make it anew until it starts again.
      if (node === undefined) return;
      const { conditions = [], capacity, allocatable, ...others } = node.status ?? {};
      const own = nodeStatus(this.#spec, this.#ip, this.#health, conditions, this.#clock.now());
      // Extended resources that an administrator has made known stay, as on a real node.
      const status = {
        ...others,
        ...own,
        capacity: { ...extended(capacity), ...own.capacity },
        allocatable: { ...extended(allocatable), ...own.allocatable },
      };
      try {
        await this.#api.update<Node>(subresource(resources.nodes, 'status'), { ...node, status });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  async #renewLease(): Promise<void> {
    const { name } = this.#spec;
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTimeText(this.#clock.now()) };
    const held = await orAbsent(this.#api.get<Lease>(resources.leases, name, LEASE_NAMESPACE));
    if (held !== undefined) {
      await this.#api.update<Lease>(resources.leases, { ...held, spec });
      return;
    }
    const node = await orAbsent(this.#api.get<KubeObject>(resources.nodes, name));
    if (node === undefined) return;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid ?? '' }];
    const metadata = { name, namespace: LEASE_NAMESPACE, ownerReferences };
    await this.#api.create<Lease>(resources.leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  }
}

function extended(amounts: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => isExtendedResource(name)));
}
