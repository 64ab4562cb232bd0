import { isConditionTrue } from './condition.ts';
import type { Container, Pod, PodSpec, PodStatus } from './generated/types.ts';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, zeroQuantity, type Quantity } from './quantity.ts';

export type ResourceAmounts = Record<string, Quantity>;

/** An init container that goes on beside the others. */
export function isSidecar(container: Pick<Container, 'restartPolicy'>): boolean {
  return container.restartPolicy === 'Always';
}

export function isPodReady(pod: { readonly status?: PodStatus }): boolean {
  return isConditionTrue(pod.status?.conditions, 'Ready');
}

/** Finished for good, whether well or badly. */
export function isPodTerminal(pod: { readonly status?: PodStatus }): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Neither finished nor on its way out: what controllers count. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= nowMs;
}

/** What the scheduler and quotas count as the pod's requests (or limits), as texts by resource. */
export function podResources(spec: PodSpec, which: 'requests' | 'limits'): Record<string, string> {
  return Object.fromEntries(Object.entries(podResourceAmounts(spec, which)).map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/**
 * Containers and sidecars together; or, if that is more, one init container with the sidecars started before it; plus the pod's
 * overhead. Resources set on the pod itself take the place of the sum.
 */
export function podResourceAmounts(spec: PodSpec, which: 'requests' | 'limits'): ResourceAmounts {
  const running: ResourceAmounts = {};
  for (const container of spec.containers) add(running, container.resources?.[which]);
  const sidecars: ResourceAmounts = {};
  const initPeak: ResourceAmounts = {};
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      add(running, container.resources?.[which]);
      add(sidecars, container.resources?.[which]);
      raise(initPeak, sidecars);
    } else {
      const step = { ...sidecars };
      add(step, container.resources?.[which]);
      raise(initPeak, step);
    }
  }
  raise(running, initPeak);
  for (const [name, text] of Object.entries(spec.resources?.[which] ?? {})) running[name] = parseQuantity(text);
  // An overhead makes no limit where none was set.
  for (const [name, text] of Object.entries(spec.overhead ?? {})) {
    if (which === 'requests' || running[name] !== undefined) add(running, { [name]: text });
  }
  return running;
}

function add(total: ResourceAmounts, amounts: Readonly<Record<string, string>> | undefined): void {
  for (const [name, text] of Object.entries(amounts ?? {})) total[name] = addQuantities(total[name] ?? zeroQuantity, parseQuantity(text));
}

function raise(total: ResourceAmounts, others: ResourceAmounts): void {
  for (const [name, quantity] of Object.entries(others)) {
    const present = total[name];
    if (present === undefined || compareQuantities(present, quantity) < 0) total[name] = quantity;
  }
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const qosResources = ['cpu', 'memory'];

/** The class by which nodes choose whom to evict. Only cpu and memory count. */
export function qosClassOf(spec: PodSpec): QosClass {
  const containers = spec.resources === undefined ? [...spec.containers, ...(spec.initContainers ?? [])] : [{ resources: spec.resources }];
  const amounts = containers.flatMap(({ resources }) => qosResources.map((name) => amountOf(resources, name)));
  if (amounts.every(({ request, limit }) => isZero(request) && isZero(limit))) return 'BestEffort';
  const guaranteed = amounts.every(
    ({ request, limit }) => limit !== undefined && !isZero(limit) && request !== undefined && compareQuantities(request, limit) === 0,
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function amountOf(resources: Container['resources'], name: string): { request: string | undefined; limit: string | undefined } {
  return { request: resources?.requests?.[name], limit: resources?.limits?.[name] };
}

function isZero(text: string | undefined): boolean {
  return text === undefined || parseQuantity(text).nano === 0n;
}

/** The revision of its template that a pod was made from. */
export const podTemplateHashLabel = 'pod-template-hash';
