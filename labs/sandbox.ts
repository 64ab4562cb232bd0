import type { KubeConfig } from '@kubernetes/client-node';
import { systemClock, type Clock } from '../infra/cluster/meta/clock.ts';
import { ApiObjects } from '../grader/api-objects.ts';
import type { KubeObjects } from '../grader/kube-objects.ts';
import { SharedReads } from '../grader/shared-reads.ts';
import { podExec, type RunInPod } from '../grader/pod-exec.ts';
import { podSessions } from '../grader/pod-session.ts';
import { PodProber, type Prober } from '../grader/prober.ts';
import { SandboxVault } from './sandbox-vault.ts';
import { proberPod } from './system-objects.ts';
import type { Vault } from '../scenarios/faults/fault.ts';

/** The ways into a sandbox, all with the operator's credential. Tests put fakes in their place. */
export interface SandboxAccess {
  readonly objects: KubeObjects;
  readonly run: RunInPod;
  readonly prober: Prober;
  readonly vault: Vault;
  readonly clock: Clock;
}

export function accessSandbox(config: KubeConfig, signal: AbortSignal): SandboxAccess {
  const objects = new SharedReads(new ApiObjects(config, signal));
  return {
    objects,
    run: podExec(config),
    prober: new PodProber(podSessions(config), proberPod, systemClock),
    vault: new SandboxVault(objects),
    clock: systemClock,
  };
}
