import * as admission from './defaults/admission-defaults.ts';
import * as core from './defaults/core-defaults.ts';
import { defaultPod } from './defaults/pod-spec.ts';
import * as workload from './defaults/workload-defaults.ts';

/** By apiVersion and kind. */
const defaulters: Readonly<Record<string, (object: never) => void>> = {
  'v1/Pod': defaultPod,
  'v1/PodTemplate': workload.defaultPodTemplate,
  'v1/ReplicationController': workload.defaultReplicationController,
  'v1/Namespace': core.defaultNamespace,
  'v1/Secret': core.defaultSecret,
  'v1/Service': core.defaultService,
  'v1/Endpoints': core.defaultEndpoints,
  'v1/Node': core.defaultNode,
  'v1/LimitRange': core.defaultLimitRange,
  'v1/PersistentVolume': core.defaultVolume,
  'v1/PersistentVolumeClaim': core.defaultClaim,
  'apps/v1/Deployment': workload.defaultDeployment,
  'apps/v1/ReplicaSet': workload.defaultReplicaSet,
  'apps/v1/StatefulSet': workload.defaultStatefulSet,
  'apps/v1/DaemonSet': workload.defaultDaemonSet,
  'batch/v1/Job': workload.defaultJob,
  'batch/v1/CronJob': workload.defaultCronJob,
  'autoscaling/v2/HorizontalPodAutoscaler': workload.defaultHorizontalPodAutoscaler,
  'discovery.k8s.io/v1/EndpointSlice': core.defaultEndpointSlice,
  'networking.k8s.io/v1/NetworkPolicy': core.defaultNetworkPolicy,
  'networking.k8s.io/v1/IngressClass': core.defaultIngressClass,
  'rbac.authorization.k8s.io/v1/RoleBinding': core.defaultRoleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': core.defaultRoleBinding,
  'storage.k8s.io/v1/StorageClass': core.defaultStorageClass,
  'storage.k8s.io/v1/CSIDriver': core.defaultCsiDriver,
  'scheduling.k8s.io/v1/PriorityClass': core.defaultPriorityClass,
  'authentication.k8s.io/v1/TokenRequest': core.defaultTokenRequest,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': admission.defaultValidatingWebhooks,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': admission.defaultMutatingWebhooks,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': admission.defaultValidatingPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': admission.defaultMutatingPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': admission.defaultPolicyBinding,
  'apiregistration.k8s.io/v1/APIService': admission.defaultApiService,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': core.defaultDefinition,
};

/**
 * Fills in what Kubernetes 1.36 fills in for fields that were left out. Changes the object, which must be in canonical form and the
 * caller's own (freshly decoded), and returns it. Applying it again changes nothing.
 */
export function applyDefaults<T extends { readonly apiVersion: string; readonly kind: string }>(object: T): T {
  const defaulter = defaulters[`${object.apiVersion}/${object.kind}`];
  if (defaulter !== undefined) (defaulter as (object: T) => void)(object);
  return object;
}
