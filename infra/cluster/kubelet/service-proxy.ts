import type { ClusterRuntime } from '../../runtime/runtime.ts';
import type { ClusterLog } from '../cluster-options.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { EndpointSlice, Service } from '../meta/generated/types.ts';
import { planDetours, planRoutes, type Detours } from './plan-routes.ts';
import { TableProgrammer } from './table-programmer.ts';

export interface ServiceProxyOptions {
  readonly informers: InformerFactory;
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

export interface RoutingOptions extends ServiceProxyOptions {
  /** Ports of the host that pods reach through a Service: those of the API server and of DNS. */
  readonly hostPorts: readonly number[];
  /** Their Services are unknown to pods of all other namespaces. */
  readonly hiddenNamespaces?: readonly string[];
}

export interface ServiceProxy extends AsyncDisposable {
  /** Level-triggered: exactly these detours from now on. Resolves when the runtime has been told. */
  setDetours(detours: Detours): Promise<void>;
}

/** Keeps the runtime's table of Services at what the API says. Resolves once the first table is in place. */
export async function startServiceProxy(options: RoutingOptions): Promise<ServiceProxy> {
  const { informers, runtime, clock, log, hostPorts, hiddenNamespaces = [] } = options;
  const places = { podCidr: runtime.podCidr, hostIp: runtime.apiListenHost, hostPorts, hiddenNamespaces };
  const services = informers.informer<Service>(resources.services);
  const slices = informers.informer<EndpointSlice>(resources.endpointSlices);
  let detours: Detours = new Map();
  const programmer = new TableProgrammer({
    name: 'service table',
    sources: [services, slices],
    runtime,
    clock,
    log,
    plan: () => planDetours(planRoutes(services.all(), slices.all(), places), detours),
    apply: (routes) => runtime.programServices(routes),
  });
  await programmer.start();
  return {
    setDetours: async (wanted) => {
      detours = wanted;
      await programmer.changed();
    },
    [Symbol.asyncDispose]: () => programmer[Symbol.asyncDispose](),
  };
}
