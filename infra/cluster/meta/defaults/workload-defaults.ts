import type {
  CronJob,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  Job,
  JobSpec,
  PodTemplate,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../generated/types.ts';
import { defaultClaim } from './core-defaults.ts';
import { defaultPodSpec } from './pod-spec.ts';

function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}

export function defaultPodTemplate({ template }: PodTemplate): void {
  defaultTemplate(template);
}

export function defaultDeployment({ spec }: Deployment): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= '25%';
    strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultTemplate(spec.template);
}

export function defaultReplicaSet({ spec }: ReplicaSet): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  defaultTemplate(spec.template);
}

export function defaultReplicationController(object: ReplicationController): void {
  const { spec, metadata } = object;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    spec.selector ??= { ...labels };
    metadata.labels ??= { ...labels };
  }
  defaultTemplate(spec.template);
}

export function defaultStatefulSet({ spec }: StatefulSet): void {
  if (spec === undefined) return;
  spec.podManagementPolicy ??= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.partition ??= 0;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ??= 'Retain';
  retention.whenScaled ??= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    defaultClaim(claim);
  }
  defaultTemplate(spec.template);
}

export function defaultDaemonSet({ spec }: DaemonSet): void {
  if (spec === undefined) return;
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec.template);
}

const maxInt32 = 2_147_483_647;

export function defaultJob(object: Job): void {
  const { spec, metadata } = object;
  if (spec === undefined) return;
  defaultParallelism(spec);
  // With a limit for each index the limit of the whole only has to be out of the way.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ??= 'True';
  const labels = spec.template.metadata?.labels;
  if (labels !== undefined) metadata.labels ??= { ...labels };
  defaultTemplate(spec.template);
}

/** Without either there is one pod to complete; with a parallelism alone the number of completions stays open (a work queue). */
function defaultParallelism(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
}

export function defaultCronJob({ spec }: CronJob): void {
  spec.concurrencyPolicy ??= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  defaultTemplate(spec.jobTemplate.spec?.template);
}

export function defaultHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): void {
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
  }
  if (spec.behavior === undefined) return;
  spec.behavior.scaleUp = withScalingDefaults(spec.behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  // Scaling down has no window of its own by default: that of the controller applies.
  spec.behavior.scaleDown = withScalingDefaults(spec.behavior.scaleDown, {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  });
}

function withScalingDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return { ...defaults, ...rules };
}
