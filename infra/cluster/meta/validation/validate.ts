import type { FieldError } from '../field-error.ts';
import type { KubeObject, ObjectMeta } from '../kube-object.ts';
import type { ResourceInfo } from '../registry.ts';
import * as admission from './admission-policies.ts';
import * as batch from './batch.ts';
import * as certificates from './certificates.ts';
import * as core from './core.ts';
import * as crd from './crd.ts';
import { checkCustomObject } from './custom-object.ts';
import * as networking from './networking.ts';
import { checkMeta, checkMetaUpdate } from './object-meta.ts';
import * as pod from './pod.ts';
import { checkPodTemplate } from './pod-spec.ts';
import * as policy from './policy.ts';
import * as rbac from './rbac.ts';
import { collect, type Report } from './report.ts';
import * as reviews from './reviews.ts';
import * as service from './service.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';
import type { PodTemplate } from '../generated/types.ts';

type Check<T = never> = (report: Report, object: T) => void;
type UpdateCheck<T = never> = (report: Report, next: T, previous: T) => void;

/** What is looked at besides the metadata, by group and kind: on creation, and on updates where those differ. */
const rules: Readonly<Record<string, { readonly create: Check; readonly update?: UpdateCheck }>> = {
  '/ConfigMap': { create: core.checkConfigMap, update: core.checkConfigMapUpdate },
  '/Endpoints': { create: service.checkEndpoints },
  '/Event': { create: reviews.checkEvent },
  '/LimitRange': { create: core.checkLimitRange },
  '/Namespace': { create: core.checkNamespace },
  '/Node': { create: core.checkNode },
  '/PersistentVolume': { create: storage.checkVolume, update: storage.checkVolumeUpdate },
  '/PersistentVolumeClaim': { create: storage.checkClaim, update: storage.checkClaimUpdate },
  '/Pod': { create: pod.checkPod, update: pod.checkPodUpdate },
  '/PodTemplate': { create: checkTemplateObject },
  '/ReplicationController': { create: workloads.checkReplicationController },
  '/ResourceQuota': { create: core.checkResourceQuota, update: core.checkResourceQuotaUpdate },
  '/Secret': { create: core.checkSecret, update: core.checkSecretUpdate },
  '/Service': { create: service.checkService, update: service.checkServiceUpdate },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': { create: admission.checkWebhooks },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': { create: admission.checkValidatingPolicy },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': { create: admission.checkPolicyBinding },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': { create: admission.checkWebhooks },
  'apiregistration.k8s.io/APIService': { create: admission.checkApiService },
  'apiextensions.k8s.io/CustomResourceDefinition': { create: crd.checkDefinition, update: crd.checkDefinitionUpdate },
  'apps/ControllerRevision': { create: workloads.checkControllerRevision, update: workloads.checkControllerRevisionUpdate },
  'apps/DaemonSet': { create: workloads.checkDaemonSet, update: workloads.checkDaemonSetUpdate },
  'apps/Deployment': { create: workloads.checkDeployment, update: workloads.checkDeploymentUpdate },
  'apps/ReplicaSet': { create: workloads.checkReplicaSet, update: workloads.checkReplicaSetUpdate },
  'apps/StatefulSet': { create: workloads.checkStatefulSet, update: workloads.checkStatefulSetUpdate },
  'authentication.k8s.io/TokenRequest': { create: reviews.checkTokenRequest },
  'authorization.k8s.io/LocalSubjectAccessReview': { create: reviews.checkSubjectAccessReview },
  'authorization.k8s.io/SelfSubjectAccessReview': { create: reviews.checkSelfSubjectAccessReview },
  'authorization.k8s.io/SubjectAccessReview': { create: reviews.checkSubjectAccessReview },
  'autoscaling/HorizontalPodAutoscaler': { create: policy.checkHorizontalPodAutoscaler },
  'batch/CronJob': { create: batch.checkCronJob, update: batch.checkCronJobUpdate },
  'batch/Job': { create: batch.checkJob, update: batch.checkJobUpdate },
  'certificates.k8s.io/CertificateSigningRequest': { create: certificates.checkCertificateRequest, update: () => {} },
  'coordination.k8s.io/Lease': { create: policy.checkLease },
  'discovery.k8s.io/EndpointSlice': { create: service.checkEndpointSlice, update: service.checkEndpointSliceUpdate },
  'networking.k8s.io/Ingress': { create: networking.checkIngress },
  'networking.k8s.io/IngressClass': { create: networking.checkIngressClass, update: networking.checkIngressClassUpdate },
  'networking.k8s.io/NetworkPolicy': { create: networking.checkNetworkPolicy },
  'node.k8s.io/RuntimeClass': { create: admission.checkRuntimeClass, update: admission.checkRuntimeClassUpdate },
  'policy/PodDisruptionBudget': { create: policy.checkPodDisruptionBudget },
  'rbac.authorization.k8s.io/ClusterRole': { create: rbac.checkClusterRole },
  'rbac.authorization.k8s.io/ClusterRoleBinding': {
    create: rbac.checkClusterRoleBinding,
    update: withRoleRef(rbac.checkClusterRoleBinding),
  },
  'rbac.authorization.k8s.io/Role': { create: rbac.checkRole },
  'rbac.authorization.k8s.io/RoleBinding': { create: rbac.checkRoleBinding, update: withRoleRef(rbac.checkRoleBinding) },
  'scheduling.k8s.io/PriorityClass': { create: policy.checkPriorityClass, update: policy.checkPriorityClassUpdate },
  'storage.k8s.io/StorageClass': { create: storage.checkStorageClass, update: storage.checkStorageClassUpdate },
};

function checkTemplateObject(report: Report, { template }: PodTemplate): void {
  if (template !== undefined) checkPodTemplate(report, template, 'template');
}

type Binding = Parameters<typeof rbac.checkRoleBinding>[1];

function withRoleRef(check: Check<Binding>): UpdateCheck<Binding> {
  return (report, next, previous) => {
    check(report, next);
    rbac.checkRoleRefUpdate(report, next, previous);
  };
}

/** Kinds that are answered and not kept: nobody names them. */
const nameless = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/** The faults of a new object in canonical form with its defaults, as Kubernetes 1.36 words them; none if it may be created. */
export function validateCreate(object: KubeObject, info: ResourceInfo): FieldError[] {
  return collect((report) => {
    if (!nameless.has(info.group)) checkMeta(report, object, info);
    checkBody(report, object, info);
  });
}

/** The faults of an object that is to take the place of `previous`. */
export function validateUpdate(next: KubeObject, previous: KubeObject, info: ResourceInfo): FieldError[] {
  return collect((report) => {
    checkMetaUpdate(report, next.metadata, previous.metadata);
    checkMeta(report, next, info);
    const rule = rules[`${info.group}/${info.kind}`]?.update as UpdateCheck<KubeObject> | undefined;
    if (rule === undefined) checkBody(report, next, info, previous);
    else rule(report, withName(next), previous);
  });
}

function checkBody(report: Report, object: KubeObject, info: ResourceInfo, previous?: KubeObject): void {
  if (info.typeName === undefined) checkCustomObject(report, object, info.schema, previous);
  else (rules[`${info.group}/${info.kind}`]?.create as Check<KubeObject> | undefined)?.(report, withName(object));
}

/** A name that is missing has been reported; the rules of the kinds may take it for a text. */
function withName(object: KubeObject): KubeObject {
  const { name = '' } = object.metadata as Partial<ObjectMeta>;
  return name === '' ? { ...object, metadata: { ...object.metadata, name } } : object;
}

/** The faults of an update to a pod through its subresource `ephemeralcontainers`. */
export function validateEphemeralContainers(next: KubeObject, previous: KubeObject, info: ResourceInfo): FieldError[] {
  return collect((report) => {
    checkMetaUpdate(report, next.metadata, previous.metadata);
    checkMeta(report, next, info);
    pod.checkEphemeralUpdate(report, next, previous);
  });
}
