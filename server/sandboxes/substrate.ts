import type { KubeConfig } from '@kubernetes/client-node';
import type { StageOptions } from '../../labs/lab-stage.ts';
import type { Ground } from '../../scenarios/faults/fault-ground.ts';

/**
 * Where sandboxes live: embedded clusters, or namespaces of a company's own Kubernetes. Everything above speaks the Kubernetes API
 * through what {@link Sandbox} gives. Implemented in infra/substrate; only server/app.ts names an implementation.
 *
 * Calls may be repeated. A sandbox survives the orchestrator's restart: `adopt` finds it again.
 */
export interface Substrate extends AsyncDisposable {
  /** `embedded/docker`, `embedded/process`, … */
  readonly name: string;
  /** How far sandboxes are isolated, in a sentence for the administrator; shown at start and on the sandboxes page. */
  readonly isolation: string;
  /** False where sandboxes are no security boundary: the pages say so too. */
  readonly isBoundary: boolean;
  /** What sandboxes here carry; labs and faults that need more are refused before they start. */
  readonly ground: Ground;
  /** Sandboxes at once, where the substrate itself knows; absent: as many as the machine has room for. */
  readonly capacity?: number;
  /** Never throws; bounded to a few seconds. */
  health(): Promise<SubstrateHealth>;
  /** Why one sandbox cannot be reached though others can, where only a part of the ground is gone; undefined: nothing is known against it. */
  troubleOf?(sandboxId: string): string | undefined;
  /** Tells when the ground under running sandboxes goes and comes back, or a part of it does. */
  subscribe(listener: (health: SubstrateHealth) => void): Disposable;
  /** `nodes`: what the sandbox's cluster must have, where it is not any cluster; whoever uses it looks whether it has. */
  provision(sandboxId: string, progress: (text: string) => void, signal: AbortSignal, nodes?: readonly SandboxNode[]): Promise<Sandbox>;
  /** A sandbox that exists, also after a restart; undefined when it is gone. */
  adopt(sandboxId: string): Promise<Sandbox | undefined>;
  release(sandboxId: string): Promise<void>;
  /** Removes what belongs to no id in `keep`: folders, containers, networks, processes. */
  sweep(keep: ReadonlySet<string>): Promise<readonly string[]>;
  usage(sandboxId: string): Promise<SandboxUsage | undefined>;
  /** Lets go of all sandboxes without stopping them, for a restart. Dispose after it is harmless. */
  detach(): Promise<void>;
}

export type SubstrateHealth = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Sandbox {
  readonly id: string;
  /** Drillhouse's own credential: sees hidden namespaces. Never goes to a person or into a pod. */
  readonly operatorConfig: KubeConfig;
  /** Where its parts lie on a shared cluster; absent: it is a cluster of its own. */
  readonly place?: NonNullable<StageOptions['place']>;
  /** All objects as text, and back: what reset uses. Absent where a substrate cannot. */
  readonly snapshots?: { take(): Promise<string>; restore(snapshot: string): Promise<void> };
}

/** A machine that a sandbox's cluster should have, in Kubernetes' own words: `4` or `500m` CPUs, `4Gi` of memory. */
export interface SandboxNode {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  /** `nvidia.com/gpu`; which device it is says the label `nvidia.com/gpu.product`. */
  readonly gpus: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly {
    readonly key: string;
    readonly value: string;
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  }[];
}

export interface SandboxUsage {
  readonly pods: number;
  readonly memoryBytes: number;
}

export class SubstrateError extends Error {
  readonly code: 'Unavailable' | 'CapacityExhausted' | 'ProvisioningFailed' | 'UnknownSandbox';

  constructor(code: SubstrateError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SubstrateError';
    this.code = code;
  }
}
