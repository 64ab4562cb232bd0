import type { Placement } from './container-config.ts';
import type { Engine } from './engine.ts';
import type { ImagePuller } from './image-puller.ts';
import type { NetworkProgrammer } from './network-programmer.ts';
import type { SandboxNetwork } from './sandbox-network.ts';

/** What the parts of one cluster's runtime share. */
export interface ClusterContext {
  readonly engine: Engine;
  readonly placement: Placement;
  readonly network: SandboxNetwork;
  /** Whether the network's bridge is on this machine. */
  readonly isLocal: boolean;
  readonly programmer: NetworkProgrammer;
  readonly puller: ImagePuller;
  /** The folder that all mounts must lie in. */
  readonly dataDir: string;
}
