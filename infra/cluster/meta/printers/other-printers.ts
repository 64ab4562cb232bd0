import type {
  CertificateSigningRequest,
  ClusterRoleBinding,
  CSIDriver,
  CSINode,
  EndpointSlice,
  Ingress,
  IngressClass,
  IPAddress,
  Lease,
  NetworkPolicy,
  PriorityClass,
  RoleBinding,
  ServiceCIDR,
  StorageClass,
  Subject,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../generated/types.ts';
import { humanDuration } from '../times.ts';
import { age, firstFew, none, selectorText, unset, type Cell } from './row.ts';

const maxEndpoints = 3;

export function printEndpointSlice(object: EndpointSlice, nowMs: number): readonly Cell[] {
  const ports = (object.ports ?? []).map(({ port }) => (port === undefined ? '*' : String(port)));
  const addresses = (object.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return [
    object.metadata.name,
    object.addressType,
    ports.length === 0 ? unset : firstFew(ports, maxEndpoints),
    addresses.length === 0 ? unset : firstFew(addresses, maxEndpoints),
    age(object, nowMs),
  ];
}

export function printIngress(object: Ingress, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== '');
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  return [
    object.metadata.name,
    spec?.ingressClassName ?? none,
    hosts.length === 0 ? '*' : firstFew(hosts, maxEndpoints),
    addresses.join(','),
    (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    age(object, nowMs),
  ];
}

export function printIngressClass(object: IngressClass, nowMs: number): readonly Cell[] {
  const parameters = object.spec?.parameters;
  const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
  const text = parameters === undefined ? none : `${parameters.kind}${group}/${parameters.name}`;
  return [object.metadata.name, object.spec?.controller ?? '', text, age(object, nowMs)];
}

export function printNetworkPolicy(object: NetworkPolicy, nowMs: number): readonly Cell[] {
  const selector = selectorText(object.spec?.podSelector);
  return [object.metadata.name, selector === '' ? none : selector, age(object, nowMs)];
}

export function printIpAddress(object: IPAddress): readonly Cell[] {
  const { group = '', resource = '', namespace = '', name = '' } = object.spec.parentRef ?? {};
  const parts = [group, resource, namespace, name].filter((part) => part !== '');
  return [object.metadata.name, parts.length === 0 ? none : parts.join('/')];
}

export function printServiceCidr(object: ServiceCIDR, nowMs: number): readonly Cell[] {
  return [object.metadata.name, (object.spec?.cidrs ?? []).join(','), age(object, nowMs)];
}

/** Bindings of both scopes. */
export function printRoleBinding(object: RoleBinding | ClusterRoleBinding, nowMs: number): readonly Cell[] {
  const subjects = object.subjects ?? [];
  const named = (kind: string, text: (subject: Subject) => string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(text)
      .join(', ');
  return [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    age(object, nowMs),
    named('User', ({ name }) => name),
    named('Group', ({ name }) => name),
    named('ServiceAccount', ({ namespace, name }) => `${namespace ?? ''}/${name}`),
  ];
}

export function printLease(object: Lease, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.spec?.holderIdentity ?? '', age(object, nowMs)];
}

export function printPriorityClass(object: PriorityClass, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.value ?? 0, object.globalDefault ?? false, age(object, nowMs), object.preemptionPolicy ?? ''];
}

export function printStorageClass(object: StorageClass, nowMs: number): readonly Cell[] {
  const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return [
    isDefault ? `${object.metadata.name} (default)` : object.metadata.name,
    object.provisioner,
    object.reclaimPolicy ?? 'Delete',
    object.volumeBindingMode ?? 'Immediate',
    object.allowVolumeExpansion ?? false,
    age(object, nowMs),
  ];
}

export function printVolumeAttributesClass(object: VolumeAttributesClass, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.driverName, age(object, nowMs)];
}

export function printVolumeAttachment(object: VolumeAttachment, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    spec.attacher,
    spec.source.persistentVolumeName ?? '',
    spec.nodeName,
    status?.attached ?? false,
    age(object, nowMs),
  ];
}

export function printCsiDriver(object: CSIDriver, nowMs: number): readonly Cell[] {
  const { spec } = object;
  const modes = spec.volumeLifecycleModes ?? [];
  const tokens = (spec.tokenRequests ?? []).map(({ audience }) => audience);
  return [
    object.metadata.name,
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    tokens.length === 0 ? unset : tokens.join(','),
    spec.requiresRepublish ?? false,
    modes.length === 0 ? none : modes.join(','),
    age(object, nowMs),
  ];
}

export function printCsiNode(object: CSINode, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.spec.drivers.length, age(object, nowMs)];
}

export function printCertificateSigningRequest(object: CertificateSigningRequest, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) === true;
  const decided = has('Denied') ? ['Denied'] : has('Approved') ? ['Approved'] : ['Pending'];
  if (has('Failed')) decided.push('Failed');
  if ((status?.certificate ?? '') !== '') decided.push('Issued');
  return [
    object.metadata.name,
    age(object, nowMs),
    spec.signerName,
    spec.username ?? '',
    spec.expirationSeconds === undefined ? none : humanDuration(spec.expirationSeconds * 1000),
    decided.join(','),
  ];
}
