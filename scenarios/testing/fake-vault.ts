import type { Vault } from '../faults/fault.ts';

/** Texts in memory. */
export class FakeVault implements Vault {
  readonly texts = new Map<string, string>();
  store = async (name: string, text: string): Promise<void> => void this.texts.set(name, text);
  fetch = async (name: string): Promise<string | undefined> => this.texts.get(name);
  remove = async (name: string): Promise<void> => void this.texts.delete(name);
}
