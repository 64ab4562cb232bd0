import { ensureNamespace } from './sandbox-setup.ts';
import { parseSnapshot, restoreSnapshot, takeSnapshot } from './namespace-snapshot.ts';
import type { SandboxAccess } from './sandbox.ts';

/** What is declared in all namespaces of a lab, kept in the vault under a name and put back from there. The lab's own namespace comes first. */
export class SandboxState {
  readonly #access: SandboxAccess;
  readonly #namespaces: readonly string[];

  constructor(access: SandboxAccess, namespaces: readonly string[]) {
    this.#access = access;
    this.#namespaces = namespaces;
  }

  /** Overwrites what was kept under this name. */
  async keep(name: string): Promise<void> {
    const { objects, vault } = this.#access;
    for (const [index, namespace] of this.#namespaces.entries())
      await vault.store(entryOf(name, index), JSON.stringify(await takeSnapshot(objects, namespace)));
  }

  async isKept(name: string): Promise<boolean> {
    return (await this.#access.vault.fetch(entryOf(name, 0))) !== undefined;
  }

  /** Namespaces that were deleted meanwhile are made again. What was never kept is left as it is. */
  async restore(name: string, signal: AbortSignal): Promise<void> {
    const { objects, vault } = this.#access;
    for (const [index, namespace] of this.#namespaces.entries()) {
      const text = await vault.fetch(entryOf(name, index));
      if (text === undefined) continue;
      await ensureNamespace(this.#access, namespace, signal);
      await restoreSnapshot(objects, namespace, parseSnapshot(text));
    }
  }
}

function entryOf(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index}`;
}
