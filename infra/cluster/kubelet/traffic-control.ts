import type { PodTraffic } from '../../runtime/runtime.ts';
import { resources } from '../client/resources.ts';
import type { Namespace, NetworkPolicy, Pod } from '../meta/generated/types.ts';
import { planPolicy, type PolicyWorld } from './plan-policy.ts';
import type { ServiceProxyOptions } from './service-proxy.ts';
import { TableProgrammer } from './table-programmer.ts';
import { planWireFaults, type WireFault } from './wire-faults.ts';

/** NetworkPolicies and faults on the wire, kept in force for pods as they come and go. */
export interface TrafficControl extends AsyncDisposable {
  /** Level-triggered: exactly these faults from now on, none for an empty list. Resolves when the runtime has been told. */
  setWireFaults(faults: readonly WireFault[]): Promise<void>;
}

/** Resolves once the first table is in place. */
export async function startTrafficControl({ informers, runtime, clock, log }: ServiceProxyOptions): Promise<TrafficControl> {
  const policies = informers.informer<NetworkPolicy>(resources.networkPolicies);
  const pods = informers.informer<Pod>(resources.pods);
  const namespaces = informers.informer<Namespace>(resources.namespaces);
  let faults: readonly WireFault[] = [];
  const nameServers = runtime.dnsPort === undefined ? [] : [nameServer(runtime.apiListenHost)];
  const programmer = new TableProgrammer({
    name: 'traffic table',
    sources: [policies, pods, namespaces],
    runtime,
    clock,
    log,
    plan: () => planTraffic({ policies: policies.all(), pods: pods.all(), namespaces: namespaces.all(), platform: nameServers }, faults),
    apply: (traffic) => runtime.programTraffic(traffic),
  });
  await programmer.start();
  return {
    setWireFaults: async (wanted) => {
      faults = wanted;
      await programmer.changed();
    },
    [Symbol.asyncDispose]: () => programmer[Symbol.asyncDispose](),
  };
}

/** What answers names is no pod, but policies find it where every cluster has it. */
function nameServer(podIP: string): Pod {
  const ports = [
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
    { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: { containers: [{ name: 'kube-dns', ports }] },
    status: { podIP },
  };
}

/**
 * One entry a pod, also where nothing applies to it, which opens it; sorted, so that equal tables look equal. A pod that has ended gave its
 * address back.
 */
export function planTraffic(world: PolicyWorld & { readonly platform?: readonly Pod[] }, wireFaults: readonly WireFault[]): PodTraffic[] {
  const pods = world.pods
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .sort((a, b) => ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1));
  const policies = planPolicy({ ...world, pods: [...pods, ...(world.platform ?? [])] });
  const faults = planWireFaults(wireFaults, pods);
  return pods.map(({ metadata: { uid = '' } }) => ({ podUid: uid, ...policies.get(uid), faults: faults.get(uid) ?? [] }));
}
