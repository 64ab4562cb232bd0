import type {
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  EventsV1Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  ResourceQuota,
  Secret,
  Service,
  ServicePort,
} from '../generated/types.ts';
import type { KubeObject } from '../kube-object.ts';
import { findCondition } from '../condition.ts';
import { age, firstFew, labelsText, none, since, unknown, unset, type Cell } from './row.ts';

export function printNamespace(object: Namespace, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.status?.phase ?? '', age(object, nowMs)];
}

export function printConfigMap(object: ConfigMap, nowMs: number): readonly Cell[] {
  return [object.metadata.name, count(object.data) + count(object.binaryData), age(object, nowMs)];
}

export function printSecret(object: Secret, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.type ?? '', count(object.data), age(object, nowMs)];
}

function count(entries: object | undefined): number {
  return entries === undefined ? 0 : Object.keys(entries).length;
}

/** Name and age, for kinds with nothing else to say. */
export function printNameAndAge(object: KubeObject, nowMs: number): readonly Cell[] {
  return [object.metadata.name, age(object, nowMs)];
}

/** Name and time of creation as it stands. */
export function printNameAndCreation(object: KubeObject): readonly Cell[] {
  return [object.metadata.name, object.metadata.creationTimestamp ?? null];
}

export function printLimitRange(object: LimitRange): readonly Cell[] {
  return printNameAndCreation(object);
}

export function printResourceQuota(object: ResourceQuota, nowMs: number): readonly Cell[] {
  const { hard = {}, used = {} } = object.status ?? {};
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(hard).sort()) {
    (name.startsWith('limits') ? limits : requests).push(`${name}: ${used[name] ?? '0'}/${hard[name] ?? '0'}`);
  }
  return [object.metadata.name, requests.join(', '), limits.join(', '), age(object, nowMs)];
}

export function printEndpoints(object: Endpoints, nowMs: number): readonly Cell[] {
  return [object.metadata.name, endpointsText(object), age(object, nowMs)];
}

const maxEndpoints = 3;

function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return none;
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
  );
  return firstFew(all, maxEndpoints);
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function printService(object: Service, nowMs: number): readonly Cell[] {
  const { spec } = object;
  return [
    object.metadata.name,
    spec?.type ?? '',
    spec?.clusterIPs?.[0] ?? spec?.clusterIP ?? none,
    externalIp(object),
    portsText(spec?.ports ?? []),
    age(object, nowMs),
    labelsText(spec?.selector),
  ];
}

function externalIp({ spec, status }: Service): string {
  const given = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return given.length > 0 ? given.join(',') : none;
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '').filter((text) => text !== '');
      const all = [...ingress, ...given];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return unknown;
  }
}

function portsText(ports: readonly ServicePort[]): string {
  if (ports.length === 0) return none;
  return ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? ''}`).join(',');
}

export function printEvent(object: Event, nowMs: number): readonly Cell[] {
  return eventCells(
    {
      first: object.firstTimestamp ?? undefined,
      last: object.lastTimestamp ?? undefined,
      eventTime: object.eventTime ?? undefined,
      about: object.involvedObject,
      message: object.message ?? '',
      component: object.source?.component || object.reportingComponent,
      host: object.source?.host || object.reportingInstance,
    },
    object,
    nowMs,
  );
}

export function printEventsV1Event(object: EventsV1Event, nowMs: number): readonly Cell[] {
  return eventCells(
    {
      first: object.deprecatedFirstTimestamp ?? undefined,
      last: object.deprecatedLastTimestamp ?? undefined,
      eventTime: object.eventTime,
      about: object.regarding ?? {},
      message: object.note ?? '',
      component: object.deprecatedSource?.component || object.reportingController,
      host: object.deprecatedSource?.host || object.reportingInstance,
    },
    { ...object, ...(object.deprecatedCount !== undefined && { count: object.deprecatedCount }) },
    nowMs,
  );
}

interface EventFacts {
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly eventTime: string | undefined;
  readonly about: { readonly kind?: string; readonly name?: string; readonly fieldPath?: string };
  readonly message: string;
  readonly component: string | undefined;
  readonly host: string | undefined;
}

type EventHead = KubeObject & {
  readonly type?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
};

function eventCells(facts: EventFacts, { metadata, type, reason, count: counted, series }: EventHead, nowMs: number): readonly Cell[] {
  const first = since(facts.first ?? facts.eventTime, nowMs);
  const last = series !== undefined ? since(series.lastObservedTime, nowMs) : facts.last === undefined ? first : since(facts.last, nowMs);
  const { kind = '', name = '', fieldPath = '' } = facts.about;
  const target = name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
  const source = [facts.component ?? '', facts.host ?? ''].filter((part, index) => index === 0 || part !== '').join(', ');
  return [
    last,
    type ?? '',
    reason ?? '',
    target,
    fieldPath,
    source,
    facts.message.trim(),
    first,
    (series === undefined ? counted : series.count) || 1,
    metadata.name,
  ];
}

export function printNode(object: Node, nowMs: number): readonly Cell[] {
  const info = object.status?.nodeInfo;
  const address = (type: string): string => object.status?.addresses?.find((other) => other.type === type)?.address ?? none;
  return [
    object.metadata.name,
    nodeStatus(object),
    nodeRoles(object),
    age(object, nowMs),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || unknown,
    info?.kernelVersion || unknown,
    info?.containerRuntimeVersion || unknown,
  ];
}

function nodeStatus({ spec, status }: Node): string {
  const ready = findCondition(status?.conditions, 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function nodeRoles({ metadata }: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key.length > prefix.length) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? none : [...new Set(roles)].sort().join(',');
}

const accessModeNames: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: readonly string[] | undefined): string {
  return Object.keys(accessModeNames)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => accessModeNames[mode])
    .join(',');
}

export function printPersistentVolumeClaim(object: PersistentVolumeClaim, nowMs: number): readonly Cell[] {
  const { metadata, spec, status } = object;
  const bound = (spec?.volumeName ?? '') !== '';
  return [
    metadata.name,
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    spec?.volumeName ?? '',
    bound ? (status?.capacity?.['storage'] ?? '') : '',
    bound ? accessModes(status?.accessModes) : '',
    spec?.storageClassName ?? metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? '',
    spec?.volumeAttributesClassName ?? unset,
    age(object, nowMs),
    spec?.volumeMode ?? unset,
  ];
}

export function printPersistentVolume(object: PersistentVolume, nowMs: number): readonly Cell[] {
  const { metadata, spec, status } = object;
  const claim = spec?.claimRef;
  return [
    metadata.name,
    spec?.capacity?.['storage'] ?? '',
    accessModes(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`,
    spec?.storageClassName ?? '',
    spec?.volumeAttributesClassName ?? unset,
    status?.reason ?? '',
    age(object, nowMs),
    spec?.volumeMode ?? unset,
  ];
}

export function printComponentStatus(object: ComponentStatus): readonly Cell[] {
  const healthy = findCondition(object.conditions, 'Healthy');
  const status = healthy?.status === 'True' ? 'Healthy' : healthy === undefined ? 'Unknown' : 'Unhealthy';
  return [object.metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
}
