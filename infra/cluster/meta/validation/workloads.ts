import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { checkLabelSelector, checkSelectsTemplate, isEmptySelector } from './label-selector.ts';
import { checkAnnotations, checkLabels } from './object-meta.ts';
import { checkPodTemplate } from './pod-spec.ts';
import { checkImmutable, checkIntOrPercent, checkNonNegative, checkNotMoreThanAll, type Report } from './report.ts';

/** `kindWord` is how Kubernetes calls the kind in the message; it says deployment of replica sets too. */
function checkSelector(report: Report, selector: LabelSelector | undefined, kindWord: string): void {
  if (selector === undefined) {
    report(required('spec.selector'));
    return;
  }
  checkLabelSelector(report, selector, 'spec.selector');
  if (isEmptySelector(selector)) report(invalid('spec.selector', selector, `empty selector is invalid for ${kindWord}`));
}

/** The template of what keeps its pods running. */
function checkTemplate(report: Report, template: PodTemplateSpec | undefined, selector: LabelSelector | undefined, kindWord: string): void {
  const path = 'spec.template';
  if (template === undefined) {
    report(required(path));
    return;
  }
  checkSelectsTemplate(report, selector, template.metadata?.labels, path);
  if (kindWord === 'StatefulSet') checkTemplateMeta(report, template, path);
  else checkPodTemplate(report, template, path);
  const policy = template.spec?.restartPolicy;
  if (policy !== 'Always') report(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    report(forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kindWord} is not Supported`));
  }
}

/** A StatefulSet's pods are looked at only when they are made, because its claims are among their volumes only then. */
function checkTemplateMeta(report: Report, { metadata }: PodTemplateSpec, path: string): void {
  checkLabels(report, metadata?.labels, `${path}.labels`);
  checkAnnotations(report, metadata?.annotations, `${path}.annotations`);
}

export function checkDeployment(report: Report, { spec }: Deployment): void {
  if (spec === undefined) return;
  checkNonNegative(report, spec.replicas, 'spec.replicas');
  // A selector that was left out decodes as an empty one would; Kubernetes tells them apart by the pointer.
  checkSelector(report, spec.selector, 'deployment');
  checkTemplate(report, spec.template, spec.selector, 'ReplicaSet');
  checkStrategy(report, spec.strategy ?? {});
  checkNonNegative(report, spec.minReadySeconds, 'spec.minReadySeconds');
  checkNonNegative(report, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  const deadline = spec.progressDeadlineSeconds;
  checkNonNegative(report, deadline, 'spec.progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    report(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
}

function checkStrategy(report: Report, strategy: NonNullable<NonNullable<Deployment['spec']>['strategy']>): void {
  const { type, rollingUpdate } = strategy;
  switch (type) {
    case 'Recreate':
      if (rollingUpdate !== undefined)
        report(forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"));
      break;
    case 'RollingUpdate':
      if (rollingUpdate === undefined) report(required('spec.strategy.rollingUpdate', 'this should be defaulted and never be nil'));
      else checkRollingUpdate(report, rollingUpdate, 'spec.strategy.rollingUpdate');
      break;
    default:
      report(notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate']));
  }
}

type RollingUpdate = { readonly maxSurge?: string | number; readonly maxUnavailable?: string | number };

function checkRollingUpdate(report: Report, { maxSurge, maxUnavailable }: RollingUpdate, path: string): void {
  checkIntOrPercent(report, maxUnavailable, `${path}.maxUnavailable`);
  checkIntOrPercent(report, maxSurge, `${path}.maxSurge`);
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    report(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  checkNotMoreThanAll(report, maxUnavailable, `${path}.maxUnavailable`);
}

function isZero(value: string | number | undefined): boolean {
  return value === undefined || value === 0 || (typeof value === 'string' && Number.parseInt(value, 10) === 0);
}

export function checkDeploymentUpdate(report: Report, next: Deployment, previous: Deployment): void {
  checkDeployment(report, next);
  checkImmutable(report, next.spec?.selector, previous.spec?.selector, 'spec.selector');
}

export function checkReplicaSet(report: Report, { spec }: ReplicaSet): void {
  if (spec === undefined) return;
  checkNonNegative(report, spec.replicas, 'spec.replicas');
  checkNonNegative(report, spec.minReadySeconds, 'spec.minReadySeconds');
  checkSelector(report, spec.selector, 'deployment');
  checkTemplate(report, spec.template, spec.selector, 'ReplicaSet');
}

export function checkReplicaSetUpdate(report: Report, next: ReplicaSet, previous: ReplicaSet): void {
  checkReplicaSet(report, next);
  checkImmutable(report, next.spec?.selector, previous.spec?.selector, 'spec.selector');
}

export function checkReplicationController(report: Report, { spec }: ReplicationController): void {
  if (spec === undefined) return;
  checkNonNegative(report, spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(spec.selector ?? {}).length === 0) report(required('spec.selector'));
  checkNonNegative(report, spec.replicas, 'spec.replicas');
  checkTemplate(report, spec.template, { matchLabels: spec.selector ?? {} }, 'ReplicationController');
}

export function checkStatefulSet(report: Report, { spec }: StatefulSet): void {
  if (spec === undefined) return;
  const { podManagementPolicy: policy = '', updateStrategy = {} } = spec;
  if (policy === '') report(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    report(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  checkStatefulStrategy(report, updateStrategy);
  checkNonNegative(report, spec.replicas, 'spec.replicas');
  checkNonNegative(report, spec.minReadySeconds, 'spec.minReadySeconds');
  checkNonNegative(report, spec.ordinals?.start, 'spec.ordinals.start');
  checkSelector(report, spec.selector, 'statefulset');
  checkTemplate(report, spec.template, spec.selector, 'StatefulSet');
}

function checkStatefulStrategy(
  report: Report,
  { type = '', rollingUpdate }: NonNullable<NonNullable<StatefulSet['spec']>['updateStrategy']>,
): void {
  const path = 'spec.updateStrategy';
  switch (type) {
    case '':
      report(required(path));
      break;
    case 'OnDelete':
      if (rollingUpdate !== undefined)
        report(invalid(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
      break;
    case 'RollingUpdate':
      checkNonNegative(report, rollingUpdate?.partition, `${path}.rollingUpdate.partition`);
      break;
    default:
      report(invalid(path, { type, rollingUpdate }, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

const statefulSetChangeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function checkStatefulSetUpdate(report: Report, next: StatefulSet, previous: StatefulSet): void {
  checkStatefulSet(report, next);
  const rest = (spec: object | undefined): object =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([key]) => !statefulSetChangeable.includes(key)));
  if (jsonEqual(rest(next.spec), rest(previous.spec))) return;
  const quoted = statefulSetChangeable.map((field) => `'${field}'`);
  const list = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1) ?? ''}`;
  report(forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`));
}

export function checkDaemonSet(report: Report, { spec }: DaemonSet): void {
  if (spec === undefined) return;
  checkSelector(report, spec.selector, 'daemonset');
  checkSelectsTemplate(report, spec.selector, spec.template.metadata?.labels, 'spec.template');
  checkPodTemplate(report, spec.template, 'spec.template');
  const policy = spec.template.spec?.restartPolicy;
  if (policy !== 'Always') report(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  checkNonNegative(report, spec.minReadySeconds, 'spec.minReadySeconds');
  checkDaemonStrategy(report, spec.updateStrategy ?? {});
  checkNonNegative(report, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
}

function checkDaemonStrategy(report: Report, strategy: NonNullable<NonNullable<DaemonSet['spec']>['updateStrategy']>): void {
  const path = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') {
    report(notSupported(path, strategy, ['RollingUpdate', 'OnDelete']));
    return;
  }
  const { rollingUpdate } = strategy;
  if (rollingUpdate === undefined) {
    report(required(`${path}.rollingUpdate`));
    return;
  }
  const { maxSurge, maxUnavailable } = rollingUpdate;
  checkIntOrPercent(report, maxUnavailable, `${path}.rollingUpdate.maxUnavailable`);
  checkIntOrPercent(report, maxSurge, `${path}.rollingUpdate.maxSurge`);
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    report(invalid(`${path}.rollingUpdate.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (isZero(maxUnavailable) && isZero(maxSurge)) {
    report(required(`${path}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
}

export function checkDaemonSetUpdate(report: Report, next: DaemonSet, previous: DaemonSet): void {
  checkDaemonSet(report, next);
  checkImmutable(report, next.spec?.selector, previous.spec?.selector, 'spec.selector');
}

export function checkControllerRevision(report: Report, { revision }: ControllerRevision): void {
  checkNonNegative(report, revision, 'revision');
}

export function checkControllerRevisionUpdate(report: Report, next: ControllerRevision, previous: ControllerRevision): void {
  checkControllerRevision(report, next);
  checkImmutable(report, next.data, previous.data, 'data');
}
