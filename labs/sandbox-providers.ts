import { randomBytes } from 'node:crypto';
import type { Pod } from '../infra/cluster/meta/generated/types.ts';
import { ensureObject } from '../grader/ensure-object.ts';
import type { LabProvider } from './lab-schema.ts';
import { StageError } from './lab-stage.ts';
import { fetchProviderBook, planBook, providerValues, storeProviderBook } from './provider-book.ts';
import { providerObjects, providerPod, providerService, providersNamespace } from './provider-objects.ts';
import type { SandboxAccess } from './sandbox.ts';
import { awaitPod, createAbsent, ensureNamespace } from './sandbox-setup.ts';
import type { Values } from './template.ts';

/** Makes keys and pods where they are absent, without waiting for them. Answers what manifests may name. */
export async function beginProviders({ objects, vault, place }: SandboxAccess, providers: readonly LabProvider[]): Promise<Values> {
  if (providers.length === 0) return {};
  const kept = await fetchProviderBook(vault);
  const book = kept ?? planBook(providers, () => randomBytes(20).toString('hex'), place);
  if (kept === undefined) await storeProviderBook(vault, book);
  for (const provider of providers) await createAbsent(objects, providerObjects(provider, book));
  return providerValues(providers, book, place);
}

/** Waits until the providers serve, and puts their addresses where the trainee's programs look: both may have gone meanwhile. */
export async function ensureProviders(access: SandboxAccess, providers: readonly LabProvider[], signal: AbortSignal): Promise<void> {
  if (providers.length === 0) return;
  await beginProviders(access, providers);
  await ensureNamespace(access, providersNamespace, signal);
  await Promise.all(providers.map((provider) => publish(access, provider.name, signal)));
}

async function publish(access: SandboxAccess, provider: string, signal: AbortSignal): Promise<void> {
  const at = providerPod(provider);
  await awaitPod(access, at, signal);
  const pod = await access.objects.find<Pod>({ kind: 'Pod', namespace: at.namespace, name: at.pod });
  const { podIP } = pod?.status ?? {};
  if (podIP === undefined) throw new StageError('PlatformFailed', `The ${at.pod} pod has no address.`);
  const [service, slice] = providerService(provider, podIP);
  for (const object of [service, slice]) await ensureObject(access.objects, object);
}

/** Ends all that is the matter with the providers, whatever set it. */
export async function clearProviders({ providers }: SandboxAccess, declared: readonly LabProvider[]): Promise<void> {
  await Promise.all(declared.map(({ name }) => providers.order(name, { action: 'clearFaults' })));
}
