import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '../meta/generated/types.ts';
import { parseQuantity, type Quantity } from '../meta/quantity.ts';
import { containersOf } from './pod-state.ts';

/** What is known of a pod's place when its fields are asked for. */
export interface PodPlace {
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  /** Limits that are not set read as the node's allocatable amount. */
  readonly allocatable: Readonly<Record<string, string>>;
  readonly gpuProduct?: string | undefined;
}

/** The value of a downward API field, in environment variables and volumes alike; undefined where the path is not supported. */
export function fieldValue(pod: Pod, { fieldPath }: ObjectFieldSelector, place: PodPlace): string | undefined {
  const subscript = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(fieldPath);
  if (subscript !== null) return pod.metadata[subscript[1] as 'annotations' | 'labels']?.[subscript[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return place.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIp;
    default:
      return undefined;
  }
}

/** The value of `limits.memory` and its like, in units of the divisor, rounded up; undefined where there is no such container. */
export function resourceFieldValue(
  pod: Pod,
  self: Container | undefined,
  selector: ResourceFieldSelector,
  place: PodPlace,
): string | undefined {
  const named = selector.containerName;
  const container = named === undefined || named === '' ? self : containersOf(pod).find((each) => each.container.name === named)?.container;
  if (container === undefined) return undefined;
  const [kind, resource = ''] = selector.resource.split(/\.(.*)/s);
  const own = (kind === 'limits' ? container.resources?.limits : container.resources?.requests)?.[resource];
  const text = own ?? (kind === 'limits' ? place.allocatable[resource] : undefined) ?? '0';
  const divisor = selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor;
  return divideUp(parseQuantity(text), parseQuantity(divisor));
}

function divideUp(amount: Quantity, divisor: Quantity): string {
  return ((amount.nano + divisor.nano - 1n) / divisor.nano).toString();
}

/** `key="value"` lines sorted by key, values quoted as Go does. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
