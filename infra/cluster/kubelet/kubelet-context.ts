import type { ClusterRuntime } from '../../runtime/runtime.ts';
import type { ClusterLog } from '../cluster-options.ts';
import type { ApiClient } from '../client/api-client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Clock } from '../meta/clock.ts';
import type { Service } from '../meta/generated/types.ts';
import type { ReferenceReader } from './container-env.ts';
import type { NodeDevices } from './node-devices.ts';
import type { SharedVolumes } from './volumes/shared-volumes.ts';

/** What all pods of a kubelet share. */
export interface KubeletContext {
  readonly api: ApiClient;
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** `pods/` in it holds the pods' volumes. */
  readonly dataDir: string;
  readonly references: ReferenceReader;
  readonly sharedVolumes: SharedVolumes;
  readonly services: () => readonly Service[];
  /** While the engine is away pods stay as they are. */
  readonly isRuntimeLost: () => boolean;
}

/** The node that a pod runs on. */
export interface NodePlace {
  readonly name: string;
  readonly ip: string;
  readonly allocatable: Readonly<Record<string, string>>;
  /** What its GPUs are, where it has any. */
  readonly gpuProduct?: string | undefined;
  readonly devices: NodeDevices;
  readonly recorder: EventRecorder;
}
