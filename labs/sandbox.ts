import { setMaxListeners } from 'node:events';
import type { KubeConfig } from '@kubernetes/client-node';
import { systemClock, type Clock } from '../infra/cluster/meta/clock.ts';
import { ChaosClient } from '../infra/chaos/chaos-client.ts';
import { ApiObjects } from '../grader/api-objects.ts';
import type { KubeObjects } from '../grader/kube-objects.ts';
import { SharedReads } from '../grader/shared-reads.ts';
import { podExec, type RunInPod } from '../grader/pod-exec.ts';
import { podSessions } from '../grader/pod-session.ts';
import { PodProber, type Prober } from '../grader/prober.ts';
import { PodProviders, type Providers } from '../grader/providers.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import { placedChaos, placedRun, placedSessions } from './placed-access.ts';
import { PlacedObjects } from './placed-objects.ts';
import { fetchProviderBook } from './provider-book.ts';
import { providerPod } from './provider-objects.ts';
import { SandboxVault } from './sandbox-vault.ts';
import { proberPod } from './system-objects.ts';
import type { Chaos, Vault } from '../scenarios/faults/fault.ts';

export type SandboxChaos = Chaos & Pick<ChaosClient, 'isServed' | 'deleteAll'>;

/** The ways into a sandbox, all with the operator's credential. Tests put fakes in their place. */
export interface SandboxAccess {
  readonly objects: KubeObjects;
  readonly run: RunInPod;
  readonly prober: Prober;
  readonly vault: Vault;
  readonly providers: Providers;
  readonly chaos?: SandboxChaos;
  readonly clock: Clock;
  /** Absent: the sandbox is a cluster of its own. */
  readonly place?: SandboxPlace;
}

export function accessSandbox(config: KubeConfig, signal: AbortSignal, place?: SandboxPlace): SandboxAccess {
  // Every request that is under way listens to it, and a verdict makes dozens at once: that is no leak.
  setMaxListeners(0, signal);
  const api = new ApiObjects(config, signal);
  const objects = new SharedReads(place === undefined ? api : new PlacedObjects(api, place));
  const run = place === undefined ? podExec(config) : placedRun(podExec(config), place);
  const sessions = place === undefined ? podSessions(config) : placedSessions(podSessions(config), place);
  const chaos = new ChaosClient(config, { signal });
  const vault = new SandboxVault(objects);
  return {
    objects,
    run,
    prober: new PodProber(sessions, run, proberPod, systemClock),
    vault,
    providers: new PodProviders(sessions, systemClock, () => fetchProviderBook(vault), providerPod),
    chaos: place === undefined ? chaos : placedChaos(chaos, place),
    clock: systemClock,
    ...(place === undefined ? {} : { place }),
  };
}
