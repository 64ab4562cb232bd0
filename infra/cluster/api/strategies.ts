import type { APIService, DaemonSet, Job, Namespace, Pod, Secret, Service } from '../meta/generated/types.ts';
import { jsonEqual } from '../meta/go-format.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { qosClassOf } from '../meta/pod-status.ts';
import type { ResourceInfo } from '../meta/registry.ts';

/** What the server itself decides of an object when it is written, by kind. */
export interface Strategy {
  /** Fills what a new object starts with. */
  prepareCreate?(object: KubeObject): void;
  /** Carries over what an update may not touch. */
  prepareUpdate?(next: KubeObject, previous: KubeObject): void;
}

type WithStatus = KubeObject & { spec?: unknown; status?: unknown };

/** Kinds whose metadata.generation counts changes of the spec. */
const generationKinds = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'Ingress',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'CustomResourceDefinition',
  'PriorityClass',
  'EndpointSlice',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
]);

export function tracksGeneration(info: ResourceInfo): boolean {
  return generationKinds.has(info.kind) || info.schema !== undefined;
}

/** What `generation` counts: everything that is not metadata or status. */
export function specOf(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, kind: _kind, ...rest } = object as WithStatus;
  return rest;
}

export function hasStatusSubresource(info: ResourceInfo): boolean {
  return info.subresources.some((sub) => sub.name === 'status');
}

const pod: Strategy = {
  prepareCreate(object) {
    const created = object as Pod;
    created.status = { phase: 'Pending', ...(created.spec === undefined ? {} : { qosClass: qosClassOf(created.spec) }) };
  },
};

const namespace: Strategy = {
  prepareCreate(object) {
    const created = object as Namespace;
    created.status = { phase: 'Active' };
    created.spec = { finalizers: ['kubernetes'] };
    created.metadata.labels = { ...created.metadata.labels, 'kubernetes.io/metadata.name': created.metadata.name };
  },
  prepareUpdate(next, previous) {
    const { spec } = previous as Namespace;
    if (spec !== undefined) (next as Namespace).spec = spec;
    next.metadata.labels = { ...next.metadata.labels, 'kubernetes.io/metadata.name': next.metadata.name };
  },
};

const secret: Strategy = {
  prepareCreate: foldStringData,
  prepareUpdate: foldStringData,
};

/** `stringData` is a convenience of writes: it ends up in `data`. */
function foldStringData(object: KubeObject): void {
  const written = object as Secret;
  if (written.stringData === undefined) return;
  const encoded = Object.entries(written.stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  written.data = { ...written.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
  delete written.stringData;
}

/** A Job selects its pods by its own uid unless its author took that over. */
const job: Strategy = {
  prepareCreate(object) {
    const { spec, metadata } = object as Job;
    if (spec === undefined || spec.manualSelector === true) return;
    const uid = metadata.uid ?? '';
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': metadata.name,
      'controller-uid': uid,
      'job-name': metadata.name,
    };
    spec.template.metadata = { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, ...labels } };
    spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid } };
  },
};

const service: Strategy = {
  prepareCreate(object) {
    (object as Service).status = { loadBalancer: {} };
  },
};

const templateGeneration = 'deprecated.daemonset.template.generation';

/** Kubernetes still counts the changes of a DaemonSet's template, in an annotation that nobody else may set. */
const daemonSet: Strategy = {
  prepareCreate: (object) => countTemplates(object, 1),
  prepareUpdate(next, previous) {
    const before = Number(previous.metadata.annotations?.[templateGeneration] ?? 1);
    const isSame = jsonEqual((next as DaemonSet).spec?.template, (previous as DaemonSet).spec?.template);
    countTemplates(next, isSame ? before : before + 1);
  },
};

function countTemplates(object: KubeObject, count: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: String(count) };
}

/** What is served here is there as soon as it is listed. */
const apiService: Strategy = {
  prepareCreate(object) {
    const created = object as APIService;
    if (created.spec?.service !== undefined) return;
    const available = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' };
    created.status = { conditions: [{ ...available, lastTransitionTime: created.metadata.creationTimestamp ?? '' }] };
  },
};

/** Held by a finalizer, so that neither goes while it is in use. */
const protectedBy = (finalizer: string): Strategy => ({
  prepareCreate(object) {
    const created = object as WithStatus;
    created.status = { phase: 'Pending' };
    const { finalizers = [] } = created.metadata;
    if (!finalizers.includes(finalizer)) created.metadata.finalizers = [...finalizers, finalizer];
  },
});

/** What was asked stays as it was asked. */
const certificateRequest: Strategy = {
  prepareUpdate(next, previous) {
    (next as { spec?: unknown }).spec = (previous as { spec?: unknown }).spec;
  },
};

const strategies: Readonly<Record<string, Strategy>> = {
  '/Pod': pod,
  '/Namespace': namespace,
  '/Secret': secret,
  '/Service': service,
  '/PersistentVolume': protectedBy('kubernetes.io/pv-protection'),
  '/PersistentVolumeClaim': protectedBy('kubernetes.io/pvc-protection'),
  'apiregistration.k8s.io/APIService': apiService,
  'apps/DaemonSet': daemonSet,
  'batch/Job': job,
  'certificates.k8s.io/CertificateSigningRequest': certificateRequest,
};

export function strategyOf(info: ResourceInfo): Strategy {
  return strategies[`${info.group}/${info.kind}`] ?? {};
}

/** Status is the controllers' to write: a creation starts without one, an ordinary update keeps what there is. */
export function dropStatus(object: KubeObject, info: ResourceInfo): void {
  if (hasStatusSubresource(info)) delete (object as WithStatus).status;
}

export function keepStatus(next: KubeObject, previous: KubeObject, info: ResourceInfo): void {
  if (!hasStatusSubresource(info)) return;
  const { status } = previous as WithStatus;
  if (status === undefined) delete (next as WithStatus).status;
  else (next as WithStatus).status = status;
}

/** A write to `status` changes the status and nothing else. */
export function onlyStatus(next: KubeObject, previous: KubeObject): KubeObject {
  const { status } = next as WithStatus;
  return { ...previous, ...(status === undefined ? {} : { status }) };
}

/** A write to `ephemeralcontainers` changes these and nothing else. */
export function onlyEphemeralContainers(next: KubeObject, previous: KubeObject): KubeObject {
  const { spec } = previous as Pod;
  const ephemeralContainers = (next as Pod).spec?.ephemeralContainers ?? [];
  return { ...previous, spec: { ...spec, ephemeralContainers } } as KubeObject;
}
