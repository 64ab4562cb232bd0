import type {
  CustomResourceDefinition,
  Endpoints,
  EndpointSlice,
  IngressClass,
  LimitRange,
  LimitRangeItem,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PriorityClass,
  RoleBinding,
  Secret,
  Service,
  ServiceSpec,
  StorageClass,
  TokenRequest,
  CSIDriver,
} from '../generated/types.ts';

export function defaultNamespace({ metadata, status }: Namespace): void {
  // A namespace that is only asked for by generateName has no name yet; the label follows when it does.
  if (metadata.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  if (status !== undefined) status.phase ??= 'Active';
}

/** `stringData` is only ever written: it goes into `data`. */
export function defaultSecret(secret: Secret): void {
  const { stringData } = secret;
  if (stringData !== undefined) {
    const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    secret.data = { ...secret.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
    delete secret.stringData;
  }
  secret.type ??= 'Opaque';
}

export function defaultService({ spec }: Service): void {
  if (spec === undefined) return;
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800 } };
  }
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  defaultTraffic(spec);
}

function defaultTraffic(spec: ServiceSpec): void {
  const external =
    spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  if (external) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

export function defaultEndpoints({ subsets }: Endpoints): void {
  for (const port of (subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ??= 'TCP';
}

export function defaultEndpointSlice({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

export function defaultNode({ status }: Node): void {
  if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
}

export function defaultClaim({ spec, status }: PersistentVolumeClaim): void {
  if (status !== undefined) status.phase ??= 'Pending';
  if (spec === undefined) return;
  spec.volumeMode ??= 'Filesystem';
}

export function defaultVolume({ spec, status }: PersistentVolume): void {
  if (status !== undefined) status.phase ??= 'Pending';
  if (spec === undefined) return;
  spec.persistentVolumeReclaimPolicy ??= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
}

/** What a limit range leaves open follows from its other bounds: the default limit from the maximum, the default request from that. */
export function defaultLimitRange({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) if (item.type === 'Container') defaultLimitRangeItem(item);
}

function defaultLimitRangeItem(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

export function defaultNetworkPolicy({ spec }: NetworkPolicy): void {
  if (spec === undefined) return;
  const ports = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap((rule) => rule.ports ?? []);
  for (const port of ports) port.protocol ??= 'TCP';
  spec.policyTypes ??= (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

export function defaultIngressClass({ spec }: IngressClass): void {
  if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
}

const rbacGroup = 'rbac.authorization.k8s.io';

/** Bindings of both scopes. */
export function defaultRoleBinding({ roleRef, subjects }: Pick<RoleBinding, 'roleRef' | 'subjects'>): void {
  if (!roleRef.apiGroup) roleRef.apiGroup = rbacGroup;
  for (const subject of subjects ?? []) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= rbacGroup;
}

export function defaultStorageClass(object: StorageClass): void {
  object.reclaimPolicy ??= 'Delete';
  object.volumeBindingMode ??= 'Immediate';
}

export function defaultPriorityClass(object: PriorityClass): void {
  object.preemptionPolicy ??= 'PreemptLowerPriority';
}

export function defaultCsiDriver({ spec }: CSIDriver): void {
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  spec.volumeLifecycleModes ??= ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

export function defaultTokenRequest({ spec }: TokenRequest): void {
  if (spec !== undefined) spec.expirationSeconds ??= 3600;
}

export function defaultDefinition({ spec }: CustomResourceDefinition): void {
  const { names } = spec;
  names.singular ??= names.kind.toLowerCase();
  names.listKind ??= `${names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
}
