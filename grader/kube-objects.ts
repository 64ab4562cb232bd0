import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';

export type PatchKind = 'merge' | 'strategic' | 'json';

export interface ObjectRef {
  readonly kind: string;
  readonly name: string;
  /** Absent for kinds that belong to no namespace. */
  readonly namespace?: string;
  /** For patches of what only the owner of a status may write. */
  readonly subresource?: 'status';
}

export interface ListQuery {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * Kubernetes objects as grader, faults and stages read and write them: plain JSON, past every generated type. Absence is a value;
 * what the API refuses for other reasons, and what does not answer in time, is thrown as PlatformError.
 */
export interface KubeObjects {
  find<T extends KubeObject = KubeObject>(ref: ObjectRef): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(kind: string, query?: ListQuery): Promise<readonly T[]>;
  create<T extends KubeObject>(object: T): Promise<T>;
  /** Overwrites whatever is there; the resource version is not looked at. */
  replace<T extends KubeObject>(object: T): Promise<T>;
  patch(ref: ObjectRef, kind: PatchKind, patch: unknown): Promise<KubeObject>;
  /** False when there was nothing. */
  remove(ref: ObjectRef, options?: { readonly graceSeconds?: number }): Promise<boolean>;
}

interface KindInfo {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function core(plural: string, namespaced = true): KindInfo {
  return { apiVersion: 'v1', plural, namespaced };
}

function grouped(apiVersion: string, plural: string, namespaced = true): KindInfo {
  return { apiVersion, plural, namespaced };
}

/** The kinds that labs, faults and checks may name. */
const kinds = {
  Namespace: core('namespaces', false),
  Node: core('nodes', false),
  Pod: core('pods'),
  Service: core('services'),
  ConfigMap: core('configmaps'),
  Secret: core('secrets'),
  ServiceAccount: core('serviceaccounts'),
  Event: core('events'),
  ResourceQuota: core('resourcequotas'),
  LimitRange: core('limitranges'),
  PersistentVolumeClaim: core('persistentvolumeclaims'),
  Deployment: grouped('apps/v1', 'deployments'),
  ReplicaSet: grouped('apps/v1', 'replicasets'),
  StatefulSet: grouped('apps/v1', 'statefulsets'),
  DaemonSet: grouped('apps/v1', 'daemonsets'),
  Job: grouped('batch/v1', 'jobs'),
  CronJob: grouped('batch/v1', 'cronjobs'),
  EndpointSlice: grouped('discovery.k8s.io/v1', 'endpointslices'),
  HorizontalPodAutoscaler: grouped('autoscaling/v2', 'horizontalpodautoscalers'),
  PodDisruptionBudget: grouped('policy/v1', 'poddisruptionbudgets'),
  NetworkPolicy: grouped('networking.k8s.io/v1', 'networkpolicies'),
  Ingress: grouped('networking.k8s.io/v1', 'ingresses'),
  Role: grouped('rbac.authorization.k8s.io/v1', 'roles'),
  RoleBinding: grouped('rbac.authorization.k8s.io/v1', 'rolebindings'),
  ClusterRole: grouped('rbac.authorization.k8s.io/v1', 'clusterroles', false),
  ClusterRoleBinding: grouped('rbac.authorization.k8s.io/v1', 'clusterrolebindings', false),
  SubjectAccessReview: grouped('authorization.k8s.io/v1', 'subjectaccessreviews', false),
} as const satisfies Readonly<Record<string, KindInfo>>;

export type KnownKind = keyof typeof kinds;
export const knownKinds = Object.keys(kinds) as readonly KnownKind[];

export function isKnownKind(kind: string): kind is KnownKind {
  return Object.hasOwn(kinds, kind);
}

export function apiVersionOf(kind: KnownKind): string {
  return kinds[kind].apiVersion;
}

export function isNamespaced(kind: KnownKind): boolean {
  return kinds[kind].namespaced;
}

/** `/api/v1/namespaces/x/pods/y` and its like; without a name the collection's path. */
export function pathOf(kind: string, namespace: string | undefined, name?: string): string {
  if (!isKnownKind(kind)) throw new TypeError(`Kind ${kind} is not in the grader's table.`);
  const { apiVersion, plural, namespaced } = kinds[kind];
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return { kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
