import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { HorizontalPodAutoscaler, Lease, MetricSpec, MetricTarget, PodDisruptionBudget, PriorityClass } from '../generated/types.ts';
import { isPathSegmentName } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import { checkLabelSelector } from './label-selector.ts';
import { checkImmutable, checkIntOrPercent, checkNames, checkNotMoreThanAll, checkRequired, isEmpty, type Report } from './report.ts';

export function checkPodDisruptionBudget(report: Report, { spec }: PodDisruptionBudget): void {
  if (spec === undefined) return;
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    report(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  checkIntOrPercent(report, minAvailable, 'spec.minAvailable');
  checkNotMoreThanAll(report, minAvailable, 'spec.minAvailable');
  checkIntOrPercent(report, maxUnavailable, 'spec.maxUnavailable');
  checkNotMoreThanAll(report, maxUnavailable, 'spec.maxUnavailable');
  checkLabelSelector(report, spec.selector, 'spec.selector');
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && !policies.includes(policy)) report(notSupported('spec.unhealthyPodEvictionPolicy', policy, policies));
}

export function checkHorizontalPodAutoscaler(report: Report, { spec }: HorizontalPodAutoscaler): void {
  const { minReplicas = 1, maxReplicas, scaleTargetRef } = spec;
  // Zero would need an object or external metric and a feature that is off by default.
  if (minReplicas < 1) report(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) report(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas) report(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  for (const field of ['kind', 'name'] as const) {
    if (checkRequired(report, scaleTargetRef[field], `spec.scaleTargetRef.${field}`)) {
      checkNames(report, scaleTargetRef[field], `spec.scaleTargetRef.${field}`, isPathSegmentName);
    }
  }
  for (const [index, metric] of (spec.metrics ?? []).entries()) checkMetric(report, metric, `spec.metrics[${index}]`);
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  for (const [rules, path] of [
    [scaleUp, 'spec.behavior.scaleUp'],
    [scaleDown, 'spec.behavior.scaleDown'],
  ] as const) {
    const seconds = rules?.stabilizationWindowSeconds;
    if (seconds !== undefined && (seconds < 0 || seconds > 3600)) {
      report(
        invalid(
          `${path}.stabilizationWindowSeconds`,
          seconds,
          seconds < 0 ? 'must be greater than or equal to zero' : 'must be less than or equal to 3600',
        ),
      );
    }
    if (rules !== undefined && (rules.policies ?? []).length === 0)
      report(required(`${path}.policies`, 'must specify at least one Policy'));
  }
}

const metricFields: Readonly<Record<string, keyof MetricSpec>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

function checkMetric(report: Report, metric: MetricSpec, path: string): void {
  if (isEmpty(metric.type)) {
    report(required(`${path}.type`, 'must specify a metric source type'));
    return;
  }
  const field = metricFields[metric.type];
  if (field === undefined) {
    report(notSupported(`${path}.type`, metric.type, Object.keys(metricFields)));
    return;
  }
  for (const other of Object.values(metricFields)) {
    if (other !== field && metric[other] !== undefined) report(forbidden(`${path}.${other}`, 'must populate the given metric source only'));
  }
  if (metric[field] === undefined) {
    report(required(`${path}.${field}`, `must populate information for the given metric source`));
    return;
  }
  const resource = metric.resource ?? metric.containerResource;
  if (resource === undefined) return;
  checkRequired(report, resource.name, `${path}.${field}.name`, 'must specify a resource name');
  checkTarget(report, resource.target, `${path}.${field}.target`);
}

function checkTarget(report: Report, target: MetricTarget, path: string): void {
  const { type, averageUtilization, averageValue, value } = target;
  const types = ['Utilization', 'Value', 'AverageValue'];
  if (isEmpty(type)) report(required(`${path}.type`, 'must specify a metric target type'));
  else if (!types.includes(type)) report(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  if (averageUtilization !== undefined && averageUtilization < 1)
    report(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  for (const [name, amount] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const) {
    if (amount !== undefined && parseQuantity(amount).nano <= 0n) report(invalid(`${path}.${name}`, amount, 'must be positive'));
  }
  if (averageUtilization === undefined && averageValue === undefined) {
    report(required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization'));
  } else if (averageUtilization !== undefined && averageValue !== undefined) {
    report(forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization'));
  }
}

const highestUserPriority = 1_000_000_000;

export function checkPriorityClass(report: Report, { metadata, value = 0, preemptionPolicy }: PriorityClass): void {
  if (metadata.name.startsWith('system-') && !['system-node-critical', 'system-cluster-critical'].includes(metadata.name)) {
    report(
      forbidden(
        'metadata.name',
        "priority class names with 'system-' prefix are reserved for system use only. error: " +
          `${metadata.name} is not a known system priority class`,
      ),
    );
  } else if (!metadata.name.startsWith('system-') && value > highestUserPriority) {
    report(forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  }
  const policies = ['PreemptLowerPriority', 'Never'];
  if (isEmpty(preemptionPolicy)) report(required('preemptionPolicy', 'PreemptionPolicy must be set'));
  else if (!policies.includes(preemptionPolicy)) report(notSupported('preemptionPolicy', preemptionPolicy, policies));
}

export function checkPriorityClassUpdate(report: Report, next: PriorityClass, previous: PriorityClass): void {
  if (next.value !== previous.value) report(forbidden('value', 'may not be changed in an update.'));
  checkImmutable(report, next.preemptionPolicy, previous.preemptionPolicy, 'preemptionPolicy');
}

export function checkLease(report: Report, { spec }: Lease): void {
  if (spec === undefined) return;
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
  if (duration !== undefined && duration <= 0) report(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  if (transitions !== undefined && transitions < 0)
    report(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
}
