import type { Pod, PodSpec, PriorityClass, RuntimeClass, ServiceAccount, Toleration, Volume } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { randomSuffix } from '../../meta/names.ts';
import { forbidden } from '../../meta/status-error.ts';
import { storeKey, type ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';

const TOKEN_SECONDS = 3607;
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const NOT_READY_SECONDS = 300;

/** What the ServiceAccount, Priority, RuntimeClass and DefaultTolerationSeconds plugins do to a new pod. */
export function applyPodDefaults(store: ObjectStore, call: Call, object: KubeObject): void {
  const { spec } = object as Pod;
  if (spec === undefined) return;
  applyPriority(store, call, object, spec);
  applyRuntimeClass(store, call, object, spec);
  applyTolerations(spec);
  applyServiceAccount(store, call, object, spec);
}

function applyPriority(store: ObjectStore, call: Call, object: KubeObject, spec: PodSpec): void {
  const classes = store.list('scheduling.k8s.io/priorityclasses') as readonly PriorityClass[];
  const named =
    spec.priorityClassName === undefined || spec.priorityClassName === ''
      ? classes.find((entry) => entry.globalDefault === true)
      : classes.find((entry) => entry.metadata.name === spec.priorityClassName);
  if (named === undefined && spec.priorityClassName !== undefined && spec.priorityClassName !== '') {
    throw forbidden(call.info, object.metadata.name, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  const priority = named?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw forbidden(
      call.info,
      object.metadata.name,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  spec.preemptionPolicy ??= named?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (named !== undefined) spec.priorityClassName = named.metadata.name;
}

/** What a class costs and where its pods may run. Which runtime it names is nothing that virtual nodes could tell apart. */
function applyRuntimeClass(store: ObjectStore, call: Call, object: KubeObject, spec: PodSpec): void {
  const { runtimeClassName: name } = spec;
  if (name === undefined || name === '') return;
  const found = store.get('node.k8s.io/runtimeclasses', storeKey(undefined, name)) as RuntimeClass | undefined;
  if (found === undefined) throw forbidden(call.info, object.metadata.name, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  if (found.overhead?.podFixed !== undefined) spec.overhead = found.overhead.podFixed;
  const { nodeSelector, tolerations } = found.scheduling ?? {};
  if (nodeSelector !== undefined) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  if (tolerations !== undefined) spec.tolerations = [...(spec.tolerations ?? []), ...tolerations];
}

function applyTolerations(spec: PodSpec): void {
  const tolerates = (key: string): boolean =>
    (spec.tolerations ?? []).some(
      (entry) =>
        (entry.key === key || entry.key === undefined || entry.key === '') &&
        (entry.effect === 'NoExecute' || entry.effect === undefined || entry.effect === ''),
    );
  const added: Toleration[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerates(key))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: NOT_READY_SECONDS }));
  if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added];
}

function applyServiceAccount(store: ObjectStore, call: Call, object: KubeObject, spec: PodSpec): void {
  if (spec.serviceAccountName === undefined || spec.serviceAccountName === '') spec.serviceAccountName = 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const namespace = object.metadata.namespace ?? '';
  const account = store.get('/serviceaccounts', `${namespace}/${spec.serviceAccountName}`) as ServiceAccount | undefined;
  if (account === undefined) {
    throw forbidden(
      call.info,
      object.metadata.name,
      `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
    );
  }
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    spec.imagePullSecrets = account.imagePullSecrets ?? [];
  if ((spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) && !isMirror(object)) mountToken(spec);
}

function isMirror(object: KubeObject): boolean {
  return object.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

function mountToken(spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const needing = containers.filter((container) => !(container.volumeMounts ?? []).some((mount) => mount.mountPath === mountPath));
  if (needing.length === 0) return;
  const existing = (spec.volumes ?? []).find((volume) => volume.name.startsWith('kube-api-access-'));
  const volume = existing ?? tokenVolume(`kube-api-access-${randomSuffix()}`);
  if (existing === undefined) spec.volumes = [...(spec.volumes ?? []), volume];
  for (const container of needing)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: volume.name, readOnly: true, mountPath }];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
}
