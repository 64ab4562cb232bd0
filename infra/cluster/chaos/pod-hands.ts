import type { ClusterRuntime, ExecRequest, ExecSession } from '../../runtime/runtime.ts';
import type { KubeletEndpoint, PodRef } from '../meta/kubelet-endpoint.ts';
import type { Pod } from '../meta/generated/types.ts';
import { ChaosRefusal } from './chaos-context.ts';

/** How experiments lay hands on what runs, past the API: what Chaos Mesh has a daemon on each node for. */
export interface PodHands extends Pick<KubeletEndpoint, 'dial'> {
  exec(pod: PodRef, container: string, request: ExecRequest): Promise<ExecSession>;
  /** SIGKILL to the container's main process. */
  kill(pod: PodRef, container: string): Promise<void>;
}

export function podHands(runtime: ClusterRuntime, kubelet: KubeletEndpoint): PodHands {
  return {
    dial: (pod, port, signal) => kubelet.dial(pod, port, signal),
    exec: (pod, container, request) => kubelet.exec(pod, container, request),
    kill: async ({ uid }, container) => {
      const pod = (await runtime.listPods()).find(({ sandbox }) => sandbox.podUid === uid);
      const running = pod?.containers.find(({ name, state }) => name === container && state.kind === 'running');
      if (running === undefined) throw new ChaosRefusal(`container ${container} is not running`);
      await runtime.stopContainer(running.id, { graceSeconds: 0, signal: 'SIGKILL' });
    },
  };
}

export function podRef({ metadata: { namespace = '', name, uid = '' } }: Pod): PodRef {
  return { namespace, name, uid };
}
