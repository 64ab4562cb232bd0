import type { ClusterRuntime } from '../../runtime/runtime.ts';
import type { ClusterLog } from '../cluster-options.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { EndpointSlice, Service } from '../meta/generated/types.ts';
import { planRoutes } from './plan-routes.ts';
import { TableProgrammer } from './table-programmer.ts';

export interface ServiceProxyOptions {
  readonly informers: InformerFactory;
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

export interface HidingOptions extends ServiceProxyOptions {
  /** Their Services are unknown to pods of all other namespaces. */
  readonly hiddenNamespaces?: readonly string[];
}

/** Keeps the runtime's table of Services at what the API says. Resolves once the first table is in place. */
export async function startServiceProxy({ informers, runtime, clock, log, hiddenNamespaces }: HidingOptions): Promise<AsyncDisposable> {
  const services = informers.informer<Service>(resources.services);
  const slices = informers.informer<EndpointSlice>(resources.endpointSlices);
  const programmer = new TableProgrammer({
    name: 'service table',
    sources: [services, slices],
    runtime,
    clock,
    log,
    plan: () => planRoutes(services.all(), slices.all(), hiddenNamespaces),
    apply: (routes) => runtime.programServices(routes),
  });
  await programmer.start();
  return programmer;
}
