import { invalid, type FieldError } from '../meta/field-error.ts';
import type { CertificateSigningRequest } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { ResourceInfo } from '../meta/registry.ts';
import { checkCertificateStatus } from '../meta/validation/certificates.ts';
import { collect } from '../meta/validation/report.ts';
import { validateUpdate } from '../meta/validation/validate.ts';

/** Counts that can only be counted, by kind. */
const counts: Readonly<Record<string, readonly string[]>> = {
  'apps/DaemonSet': [
    ...['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration'],
    ...['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'],
  ],
  'apps/Deployment': [
    ...['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'collisionCount'],
  ],
  'apps/ReplicaSet': ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  'apps/StatefulSet': [
    ...['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount'],
  ],
  '/ReplicationController': ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  'autoscaling/HorizontalPodAutoscaler': ['currentReplicas', 'desiredReplicas'],
  'batch/Job': ['active', 'succeeded', 'failed', 'ready', 'terminating'],
  'policy/PodDisruptionBudget': ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'],
};

/** Parts of a whole: `[part, whole]`. */
const parts: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'apps/Deployment': [
    ['updatedReplicas', 'replicas'],
    ['readyReplicas', 'replicas'],
    ['availableReplicas', 'replicas'],
    ['availableReplicas', 'readyReplicas'],
  ],
  'apps/ReplicaSet': [
    ['fullyLabeledReplicas', 'replicas'],
    ['readyReplicas', 'replicas'],
    ['availableReplicas', 'replicas'],
    ['availableReplicas', 'readyReplicas'],
  ],
};

/** The faults of a write to `status`, as the registries of Kubernetes' workloads and its structural schemas find them. */
export function validateStatus(next: KubeObject, previous: KubeObject, info: ResourceInfo): readonly FieldError[] {
  if (info.typeName === undefined) return validateUpdate(next, previous, info);
  const { status } = next as { status?: Readonly<Record<string, unknown>> };
  const numberOf = (name: string): number => (typeof status?.[name] === 'number' ? status[name] : 0);
  const kind = `${info.group}/${info.kind}`;
  if (kind === 'certificates.k8s.io/CertificateSigningRequest')
    return collect((report) => checkCertificateStatus(report, next as CertificateSigningRequest, previous as CertificateSigningRequest));
  return [
    ...(counts[kind] ?? [])
      .filter((name) => numberOf(name) < 0)
      .map((name) => invalid(`status.${name}`, numberOf(name), 'must be greater than or equal to 0')),
    ...(parts[kind] ?? [])
      .filter(([part, whole]) => numberOf(part) > numberOf(whole))
      .map(([part, whole]) =>
        invalid(`status.${part}`, numberOf(part), `cannot be greater than ${whole === 'replicas' ? 'status.replicas' : whole}`),
      ),
  ];
}
