import type {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  MetricSpec,
  MetricStatus,
  PodDisruptionBudget,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  Scale,
  StatefulSet,
} from '../generated/types.ts';
import { isConditionTrue } from '../condition.ts';
import { controllerOf } from '../owner-reference.ts';
import { humanDuration } from '../times.ts';
import { age, containerImages, containerNames, labelsText, none, selectorText, since, unknown, unset, type Cell } from './row.ts';

export function printDeployment(object: Deployment, nowMs: number): readonly Cell[] {
  const { spec, status = {} } = object;
  return [
    object.metadata.name,
    `${status.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status.updatedReplicas ?? 0,
    status.availableReplicas ?? 0,
    age(object, nowMs),
    containerNames(spec?.template.spec),
    containerImages(spec?.template.spec),
    selectorText(spec?.selector),
  ];
}

export function printScale(object: Scale, nowMs: number): readonly Cell[] {
  return [object.metadata.name, object.spec?.replicas ?? 0, object.status?.replicas ?? 0, age(object, nowMs)];
}

export function printReplicaSet(object: ReplicaSet, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(object, nowMs),
    containerNames(spec?.template?.spec),
    containerImages(spec?.template?.spec),
    selectorText(spec?.selector),
  ];
}

export function printReplicationController(object: ReplicationController, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(object, nowMs),
    containerNames(spec?.template?.spec),
    containerImages(spec?.template?.spec),
    labelsText(spec?.selector),
  ];
}

export function printStatefulSet(object: StatefulSet, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    age(object, nowMs),
    containerNames(spec?.template.spec),
    containerImages(spec?.template.spec),
  ];
}

export function printDaemonSet(object: DaemonSet, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec?.template.spec?.nodeSelector),
    age(object, nowMs),
    containerNames(spec?.template.spec),
    containerImages(spec?.template.spec),
    selectorText(spec?.selector),
  ];
}

export function printControllerRevision(object: ControllerRevision, nowMs: number): readonly Cell[] {
  const owner = controllerOf(object);
  const [group = ''] = owner?.apiVersion.includes('/') === true ? owner.apiVersion.split('/') : [''];
  const name = owner === undefined ? none : `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`;
  return [object.metadata.name, name, object.revision, age(object, nowMs)];
}

export function printPodTemplate(object: PodTemplate): readonly Cell[] {
  const { template } = object;
  return [object.metadata.name, containerNames(template?.spec), containerImages(template?.spec), labelsText(template?.metadata?.labels)];
}

export function printJob(object: Job, nowMs: number): readonly Cell[] {
  const { spec } = object;
  return [
    object.metadata.name,
    jobStatus(object),
    jobCompletions(object),
    jobDuration(object, nowMs),
    age(object, nowMs),
    containerNames(spec?.template.spec),
    containerImages(spec?.template.spec),
    selectorText(spec?.selector),
  ];
}

function jobStatus(object: Job): string {
  const conditions = object.status?.conditions;
  if (isConditionTrue(conditions, 'Complete')) return 'Complete';
  if (isConditionTrue(conditions, 'Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (isConditionTrue(conditions, 'Suspended')) return 'Suspended';
  if (isConditionTrue(conditions, 'FailureTarget')) return 'FailureTarget';
  return isConditionTrue(conditions, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}

export function printCronJob(object: CronJob, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  const podSpec = spec.jobTemplate.spec?.template.spec;
  return [
    object.metadata.name,
    spec.schedule,
    spec.timeZone ?? none,
    spec.suspend === undefined ? unset : spec.suspend ? 'True' : 'False',
    status?.active?.length ?? 0,
    status?.lastScheduleTime === undefined ? none : since(status.lastScheduleTime, nowMs),
    age(object, nowMs),
    containerNames(podSpec),
    containerImages(podSpec),
    selectorText(spec.jobTemplate.spec?.selector),
  ];
}

export function printPodDisruptionBudget(object: PodDisruptionBudget, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  return [
    object.metadata.name,
    spec?.minAvailable === undefined ? 'N/A' : String(spec.minAvailable),
    spec?.maxUnavailable === undefined ? 'N/A' : String(spec.maxUnavailable),
    status?.disruptionsAllowed ?? 0,
    age(object, nowMs),
  ];
}

export function printHorizontalPodAutoscaler(object: HorizontalPodAutoscaler, nowMs: number): readonly Cell[] {
  const { spec, status } = object;
  const target = spec.scaleTargetRef;
  return [
    object.metadata.name,
    `${target.kind}/${target.name}`,
    hpaTargets(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? unset : String(spec.minReplicas),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    age(object, nowMs),
  ];
}

function hpaTargets(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return none;
  const shown = specs.slice(0, 2).map((spec, index) => metricText(spec, statuses[index]));
  return specs.length > shown.length ? `${shown.join(', ')} + ${specs.length - shown.length} more...` : shown.join(', ');
}

/** `cpu: 10%/80%`, as Kubernetes prints the current value beside the target. */
function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
    case 'ContainerResource': {
      const metric = spec.resource ?? spec.containerResource;
      const current = (status?.resource ?? status?.containerResource)?.current;
      if (metric === undefined) return `<unknown type>`;
      const { averageValue, averageUtilization } = metric.target;
      if (averageValue !== undefined) return `${metric.name}: ${current?.averageValue ?? unknown}/${averageValue}`;
      const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
      return `${metric.name}: ${now}/${averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`}`;
    }
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods?.target.averageValue ?? ''}`;
    case 'Object': {
      const { averageValue, value } = spec.object?.target ?? {};
      const current = status?.object?.current;
      return averageValue === undefined
        ? `${current?.value ?? unknown}/${value ?? ''}`
        : `${current?.averageValue ?? unknown}/${averageValue} (avg)`;
    }
    case 'External': {
      const { averageValue, value } = spec.external?.target ?? {};
      const current = status?.external?.current;
      return averageValue === undefined
        ? `${current?.value ?? unknown}/${value ?? ''}`
        : `${current?.averageValue ?? unknown}/${averageValue} (avg)`;
    }
    default:
      return '<unknown type>';
  }
}
