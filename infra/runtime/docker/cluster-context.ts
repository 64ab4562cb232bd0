import type { DnsResponder } from '../dns/dns-responder.ts';
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
  /** Answers pods' names, on the bridge's address. Absent where that is on another machine: names are in hosts files then. */
  readonly dns: DnsResponder | undefined;
  readonly programmer: NetworkProgrammer;
  readonly puller: ImagePuller;
  /** The folder that all mounts must lie in. */
  readonly dataDir: string;
}
