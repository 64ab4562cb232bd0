import { PlatformError } from '../../grader/platform-error.ts';
import { fetchWorkload } from '../../grader/workload.ts';
import type { NewChaos } from '../../infra/chaos/chaos-client.ts';
import { ChaosError } from '../../infra/chaos/chaos-error.ts';
import type { ChaosKind, PodSelector } from '../../infra/chaos/chaos-types.ts';
import { systemNamespace } from '../../infra/substrate/system-namespace.ts';
import type { Chaos, FaultTarget } from './fault.ts';

/** Where an experiment of a fault is kept: out of sight, and no part of what a reset puts back. */
export function experimentOf(faultId: string): { readonly namespace: string; readonly name: string } {
  return { namespace: systemNamespace, name: `fault-${faultId}` };
}

/** The endpoint's pods, as its Deployment finds them. Throws PlatformError where there is none. */
export async function selectEndpoint({ objects, endpoint }: FaultTarget, mode: 'one' | 'all'): Promise<PodSelector> {
  const { deployment } = await fetchWorkload(objects, endpoint);
  const labelSelectors = deployment?.spec?.selector.matchLabels;
  if (labelSelectors === undefined)
    throw new PlatformError('ApiFailed', `There is no Deployment ${endpoint.deployment} to inject a fault into.`);
  return { mode, selector: { namespaces: [endpoint.namespace], labelSelectors } };
}

/** Creates the experiment where it is not there yet; what goes wrong is the platform's. */
export async function createExperiment<K extends ChaosKind>(target: FaultTarget, chaos: NewChaos<K>): Promise<void> {
  await withChaos(target, (client) => client.create(chaos));
}

/** Resolves when all that it did is taken back. */
export async function removeExperiment(target: FaultTarget, kind: ChaosKind, faultId: string): Promise<void> {
  await withChaos(target, (client) => client.delete(kind, experimentOf(faultId)));
}

export async function withChaos<T>({ chaos }: FaultTarget, use: (client: Chaos) => Promise<T>): Promise<T> {
  if (chaos === undefined) throw new PlatformError('ApiFailed', 'Nothing here serves Chaos Mesh’s experiments.');
  try {
    return await use(chaos);
  } catch (error) {
    if (error instanceof ChaosError)
      throw new PlatformError(error.code === 'TimedOut' ? 'TimedOut' : 'ApiFailed', error.message, { cause: error });
    throw error;
  }
}
