import { invalid, notSupported, required } from '../field-error.ts';
import type { CronJob, Job, JobSpec, PodTemplateSpec } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { cronFault } from './cron-schedule.ts';
import { checkLabelSelector, checkSelectsTemplate } from './label-selector.ts';
import { checkPodTemplate } from './pod-spec.ts';
import { checkImmutable, checkNonNegative, checkOneOf, isEmpty, type Report } from './report.ts';

export function checkJob(report: Report, { spec, metadata }: Job): void {
  if (spec === undefined) return;
  checkJobSpec(report, spec, 'spec');
  if (spec.selector === undefined) report(required('spec.selector'));
  else checkLabelSelector(report, spec.selector, 'spec.selector');
  if (spec.completionMode === 'Indexed' && metadata.name.length > maxIndexedNameLength) {
    report(invalid('metadata.name', metadata.name, 'will not able to create pod with invalid DNS label: must be no more than 63 bytes'));
  }
  checkSelectsTemplate(report, spec.selector, spec.template.metadata?.labels, 'spec.template');
}

/** The names of an indexed job's pods, with index and suffix, must be labels. */
const maxIndexedNameLength = 63 - 2;

function checkJobSpec(report: Report, spec: JobSpec, path: string): void {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const) {
    checkNonNegative(report, spec[field], `${path}.${field}`);
  }
  if (spec.completionMode !== undefined) {
    checkOneOf(report, spec.completionMode, `${path}.completionMode`, ['NonIndexed', 'Indexed']);
    if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
      report(required(`${path}.completions`, 'when completion mode is Indexed'));
    }
  }
  checkFailuresByIndex(report, spec, path);
  checkFailurePolicy(report, spec, path);
  checkJobTemplate(report, spec.template, `${path}.template`);
}

function checkFailuresByIndex(report: Report, spec: JobSpec, path: string): void {
  const { backoffLimitPerIndex: limit, maxFailedIndexes: most, completions, completionMode } = spec;
  if (limit === undefined && most !== undefined) report(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (completionMode !== 'Indexed') {
    if (limit !== undefined) report(invalid(`${path}.backoffLimitPerIndex`, limit, 'requires indexed completion mode'));
    if (most !== undefined) report(invalid(`${path}.maxFailedIndexes`, most, 'requires indexed completion mode'));
  } else if (most !== undefined && completions !== undefined && most > completions) {
    report(invalid(`${path}.maxFailedIndexes`, most, 'must be less than or equal to completions'));
  }
  if (limit !== undefined) checkNeverRestarts(report, spec, path, 'backoffLimitPerIndex');
}

function checkNeverRestarts(report: Report, { template }: JobSpec, path: string, field: string): void {
  const policy = template.spec?.restartPolicy;
  if (policy !== 'OnFailure') return;
  report(invalid(`${path}.template.spec.restartPolicy`, policy, `only "Never" is supported when ${field} is specified`));
}

function checkFailurePolicy(report: Report, spec: JobSpec, path: string): void {
  if (spec.podFailurePolicy === undefined) return;
  checkNeverRestarts(report, spec, path, 'podFailurePolicy');
  for (const [index, rule] of spec.podFailurePolicy.rules.entries()) {
    const at = `${path}.podFailurePolicy.rules[${index}]`;
    if (isEmpty(rule.action)) report(required(`${at}.action`, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'));
    else if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
      report(invalid(`${at}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'));
    else if (!failureActions.includes(rule.action)) report(notSupported(`${at}.action`, rule.action, failureActions));
    const { onExitCodes, onPodConditions = [] } = rule;
    if (onExitCodes !== undefined && onPodConditions.length > 0)
      report(invalid(at, '', 'specifying both OnExitCodes and OnPodConditions is not supported'));
    if (onExitCodes === undefined && onPodConditions.length === 0)
      report(invalid(at, '', 'specifying one of OnExitCodes and OnPodConditions is required'));
    if (onExitCodes === undefined) continue;
    checkOneOf(report, onExitCodes.operator, `${at}.onExitCodes.operator`, ['In', 'NotIn']);
    if (onExitCodes.values.length === 0) report(invalid(`${at}.onExitCodes.values`, '[]', 'at least one value is required'));
    const zero = onExitCodes.values.indexOf(0);
    if (onExitCodes.operator === 'In' && zero >= 0)
      report(invalid(`${at}.onExitCodes.values[${zero}]`, 0, 'must not be 0 for the In operator'));
  }
}

const failureActions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function checkJobTemplate(report: Report, template: PodTemplateSpec, path: string): void {
  checkPodTemplate(report, template, path);
  const policy = template.spec?.restartPolicy;
  if (policy === 'Always') report(required(`${path}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never') report(notSupported(`${path}.spec.restartPolicy`, policy, ['OnFailure', 'Never']));
}

export function checkJobUpdate(report: Report, next: Job, previous: Job): void {
  checkJob(report, next);
  const [now, was] = [next.spec, previous.spec];
  if (now === undefined || was === undefined) return;
  if (now.completionMode !== 'Indexed' || now.parallelism !== now.completions) {
    checkImmutable(report, now.completions, was.completions, 'spec.completions');
  }
  checkImmutable(report, now.selector, was.selector, 'spec.selector');
  if (!isSuspendedAndUnstarted(previous) || !jsonEqual(withoutScheduling(now.template), withoutScheduling(was.template))) {
    checkImmutable(report, now.template, was.template, 'spec.template');
  }
  checkImmutable(report, now.completionMode, was.completionMode, 'spec.completionMode');
  checkImmutable(report, now.podFailurePolicy, was.podFailurePolicy, 'spec.podFailurePolicy');
  checkImmutable(report, now.backoffLimitPerIndex, was.backoffLimitPerIndex, 'spec.backoffLimitPerIndex');
}

/** Where its pods go may still be decided for a job that has not begun. */
function isSuspendedAndUnstarted({ spec, status }: Job): boolean {
  return spec?.suspend === true && status?.startTime === undefined;
}

function withoutScheduling(template: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector: _n, tolerations: _t, affinity: _a, schedulingGates: _g, ...spec } = template.spec ?? { containers: [] };
  const { annotations: _annotations, labels: _labels, ...metadata } = template.metadata ?? {};
  return { ...template, metadata, spec };
}

const maxCronJobNameLength = 52;

export function checkCronJob(report: Report, { spec, metadata }: CronJob): void {
  checkCronJobSpec(report, spec);
  if (metadata.name.length > maxCronJobNameLength) {
    report(invalid('metadata.name', metadata.name, `must be no more than ${maxCronJobNameLength} characters`));
  }
}

function checkCronJobSpec(report: Report, spec: CronJob['spec']): void {
  if (isEmpty(spec.schedule)) report(required('spec.schedule'));
  else checkSchedule(report, spec);
  if (spec.timeZone !== undefined) checkTimeZone(report, spec.timeZone);
  checkNonNegative(report, spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
  checkOneOf(report, spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']);
  checkNonNegative(report, spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit');
  checkNonNegative(report, spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit');
  const path = 'spec.jobTemplate.spec';
  const job = spec.jobTemplate.spec;
  if (job === undefined) report(required(`${path}.template`));
  else checkJobSpec(report, job, path);
  if (job?.manualSelector === true) report(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
}

function checkSchedule(report: Report, { schedule }: CronJob['spec']): void {
  const fault = cronFault(schedule);
  if (fault !== undefined) report(invalid('spec.schedule', schedule, fault));
  if (schedule.includes('TZ'))
    report(invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
}

function checkTimeZone(report: Report, timeZone: string): void {
  if (timeZone === '') {
    report(invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string'));
    return;
  }
  if (timeZone.toLowerCase() === 'local') {
    report(invalid('spec.timeZone', timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'));
    return;
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    report(invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
}

export function checkCronJobUpdate(report: Report, next: CronJob): void {
  // The name was accepted once; only what can change is looked at.
  checkCronJobSpec(report, next.spec);
}
