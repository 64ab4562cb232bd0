import { providerBookSchema, type ProviderBook } from '../grader/providers.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import type { Vault } from '../scenarios/faults/fault.ts';
import type { LabProvider } from './lab-schema.ts';
import { organizationOf, providerUrl } from './provider-objects.ts';
import type { Values } from './template.ts';

const BOOK = 'providers';

/** Undefined in a sandbox without providers. */
export async function fetchProviderBook(vault: Vault): Promise<ProviderBook | undefined> {
  const text = await vault.fetch(BOOK);
  return text === undefined ? undefined : providerBookSchema.parse(JSON.parse(text));
}

export async function storeProviderBook(vault: Vault, book: ProviderBook): Promise<void> {
  await vault.store(BOOK, JSON.stringify(book));
}

/** Pure but for `random`. */
export function planBook(providers: readonly LabProvider[], random: () => string, place?: SandboxPlace): ProviderBook {
  const prefix = { alpha: 'sk-proj-', beta: 'sk-ant-api03-' };
  const keys = Object.fromEntries(
    providers.flatMap(({ name, face, keys: own }) => own.map(({ id }) => [`${name}/${id}`, `${prefix[face]}${random()}`] as const)),
  );
  const accounts = providers.map(({ name, face, keys: [first] }) => {
    const keyId = first?.id ?? '';
    const key = keys[`${name}/${keyId}`] ?? '';
    return { name, face, url: providerUrl(name, place), organization: organizationOf(name), keyId, key };
  });
  return { controlToken: random(), accounts, keys };
}

/** `{{alphaKey}}` is the first key of the provider alpha, `{{alphaKey_support}}` the one with that id, `{{alphaUrl}}` its address. Pure. */
export function providerValues(providers: readonly LabProvider[], book: Pick<ProviderBook, 'keys'>, place?: SandboxPlace): Values {
  return Object.fromEntries(
    providers.flatMap(({ name, keys }) => {
      const word = toWord(name);
      const all = keys.map(({ id }) => [`${word}Key_${toWord(id)}`, book.keys[`${name}/${id}`] ?? ''] as const);
      return [[`${word}Url`, providerUrl(name, place)], [`${word}Key`, all[0]?.[1] ?? ''], ...all] as const;
    }),
  );
}

function toWord(name: string): string {
  return name.replaceAll('-', '_');
}
