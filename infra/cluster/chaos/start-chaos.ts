import type { ClusterRuntime } from '../../runtime/runtime.ts';
import { resources } from '../client/resources.ts';
import { disposeAll, withFieldManager, type ControllerContext } from '../controllers/controller-context.ts';
import type { Detours } from '../kubelet/plan-routes.ts';
import type { WireFault } from '../kubelet/wire-faults.ts';
import type { Pod } from '../meta/generated/types.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { startExperimentController } from './experiment-controller.ts';
import { HttpEffects } from './http-effects.ts';
import { NetworkEffects } from './network-effects.ts';
import { PodEffects } from './pod-effects.ts';
import { podHands } from './pod-hands.ts';
import { startScheduleController } from './schedule-controller.ts';
import { StressEffects } from './stress-effects.ts';

export interface ChaosOptions extends ControllerContext {
  readonly runtime: ClusterRuntime;
  readonly kubelet: KubeletEndpoint;
  /** Exactly these of the experiments' faults between pods; others' are none of its concern. */
  readonly setWireFaults: (faults: readonly WireFault[]) => Promise<void>;
  readonly setDetours: (detours: Detours) => Promise<void>;
}

const FIELD_MANAGER = 'chaos-controller-manager';

/**
 * Serves the kinds of Chaos Mesh, whose definitions must be there. Disposing ends what this process does for experiments, stressors and proxies, but
 * takes no experiment back: whoever resumes the cluster goes on with them.
 */
export function startChaos({ runtime, kubelet, setWireFaults, setDetours, ...options }: ChaosOptions): AsyncDisposable {
  const context: ControllerContext = { ...options, api: withFieldManager(options.api, FIELD_MANAGER) };
  const { api, clock, informers } = context;
  const hands = podHands(runtime, kubelet);
  const stress = new StressEffects({ api, hands, clock });
  const http = new HttpEffects({ pods: informers.informer<Pod>(resources.pods), hands, clock, host: runtime.apiListenHost, setDetours });
  return disposeAll([
    stress,
    http,
    startExperimentController(context, { kind: 'PodChaos', effects: new PodEffects(api, hands) }),
    startExperimentController(context, { kind: 'NetworkChaos', effects: new NetworkEffects(setWireFaults) }),
    startExperimentController(context, { kind: 'StressChaos', effects: stress }),
    startExperimentController(context, { kind: 'HTTPChaos', effects: http }),
    startScheduleController(context),
  ]);
}
