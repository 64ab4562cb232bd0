import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { SubstrateError, type Sandbox, type SandboxNode, type Substrate, type SubstrateHealth } from '../sandboxes/substrate.ts';

/**
 * Sandboxes that are folders: they survive a restart like real ones, can be lost, and the ground under them can be taken away. For tests and
 * for working on the pages.
 */
export class FakeSubstrate implements Substrate {
  readonly name = 'fake';
  readonly isolation = 'Sandboxes are folders of this machine, for development only: no security boundary.';
  readonly isBoundary = false;
  /** Tests take from it. */
  ground = { ownCluster: true, chaos: true };
  readonly #root: string;
  readonly #listeners = new Set<(health: SubstrateHealth) => void>();
  #health: SubstrateHealth = { ok: true };
  /** Set: what sandboxes give as their credential, for tests that speak to a cluster's API. */
  operatorConfig: KubeConfig | undefined;
  /** Sandboxes that cannot be reached though others can, with the reason; `setHealth` tells of a change. */
  readonly troubles = new Map<string, string>();
  /** What the last sandbox was to have. */
  askedNodes: readonly SandboxNode[] = [];
  /** Called before each sandbox is made; tests hold or fail provisioning here. */
  beforeProvision: (sandboxId: string) => Promise<void> = async () => undefined;

  constructor(root: string) {
    this.#root = root;
  }

  folderOf(sandboxId: string): string {
    return path.join(this.#root, sandboxId);
  }

  setHealth(health: SubstrateHealth): void {
    this.#health = health;
    for (const listener of this.#listeners) listener(health);
  }

  async health(): Promise<SubstrateHealth> {
    return this.#health;
  }

  troubleOf(sandboxId: string): string | undefined {
    return this.troubles.get(sandboxId);
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
    this.askedNodes = nodes;
    progress('Making the cluster');
    this.#requireHealth();
    await this.beforeProvision(sandboxId);
    signal.throwIfAborted();
    await mkdir(this.folderOf(sandboxId), { recursive: true });
    return this.#describe(sandboxId);
  }

  async adopt(sandboxId: string): Promise<Sandbox | undefined> {
    this.#requireHealth();
    const there = await stat(this.folderOf(sandboxId)).catch(() => undefined);
    return there === undefined ? undefined : this.#describe(sandboxId);
  }

  async release(sandboxId: string): Promise<void> {
    await rm(this.folderOf(sandboxId), { recursive: true, force: true });
  }

  async sweep(keep: ReadonlySet<string>): Promise<readonly string[]> {
    const orphans = (await this.list()).filter((id) => !keep.has(id));
    await Promise.all(orphans.map((id) => this.release(id)));
    return orphans;
  }

  async list(): Promise<string[]> {
    return readdir(this.#root).catch(() => []);
  }

  async usage(): Promise<{ pods: number; memoryBytes: number }> {
    return { pods: 3, memoryBytes: 150_000_000 };
  }

  async detach(): Promise<void> {
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }

  /** The cluster is named after the folder, which is how fake labs find it. */
  #describe(id: string): Sandbox {
    const operatorConfig = new KubeConfig();
    const folder = this.folderOf(id);
    const user = this.operatorConfig?.getCurrentUser() ?? { name: 'operator' };
    const server = this.operatorConfig?.getCurrentCluster()?.server ?? 'http://127.0.0.1:9';
    operatorConfig.loadFromClusterAndUser({ name: folder, server, skipTLSVerify: true }, user);
    return { id, operatorConfig };
  }

  #requireHealth(): void {
    if (!this.#health.ok) throw new SubstrateError('Unavailable', this.#health.reason);
  }
}
