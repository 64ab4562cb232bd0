import { parseTime } from '../client/wire-time.ts';
import type { EnvVar, Job, Pod, PodTemplateSpec } from '../meta/generated/types.ts';
import { isPodTerminal } from '../meta/pod-status.ts';
import { podFromTemplate } from './pod-control.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index';
/** How often a pod's index had failed before it, and how often in a way that the Job's policy ignores. */
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';

export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

/** A pod that a Job is to create. */
export interface NewJobPod {
  /** Absent for a Job without indexes. */
  readonly index?: number;
  /** Present for a Job that counts failures by index. */
  readonly failures?: IndexFailures;
}

/** A Job's pod: held by a finalizer until it is counted, labelled by its Job, and told its index where it has one. */
export function jobPod(job: Job, { index, failures }: NewJobPod): Pod {
  const { name, uid = '' } = job.metadata;
  const template = job.spec?.template ?? {};
  const labels = {
    ...template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const own: PodTemplateSpec = { ...template, metadata: { ...template.metadata, labels } };
  const pod = podFromTemplate(job, index === undefined ? own : indexedTemplate(own, name, index));
  const generateName = index === undefined ? `${name}-` : `${name}-${index}-`;
  const { annotations } = pod.metadata;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName,
      finalizers: [...(pod.metadata.finalizers ?? []), trackingFinalizer],
      ...(failures === undefined ? {} : { annotations: { ...annotations, ...countAnnotations(failures) } }),
    },
  };
}

function countAnnotations({ counted, ignored }: IndexFailures): Record<string, string> {
  return { [failureCountKey]: String(counted), ...(ignored === 0 ? {} : { [ignoredFailureCountKey]: String(ignored) }) };
}

function indexedTemplate(template: PodTemplateSpec, jobName: string, index: number): PodTemplateSpec {
  const { metadata = {}, spec = { containers: [] } } = template;
  const variable: EnvVar = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${completionIndexKey}']` } },
  };
  const withIndex = <T extends { env?: EnvVar[] }>(container: T): T => ({
    ...container,
    env: [...(container.env ?? []).filter(({ name }) => name !== variable.name), variable],
  });
  const { initContainers } = spec;
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [completionIndexKey]: String(index) },
      annotations: { ...metadata.annotations, [completionIndexKey]: String(index) },
    },
    spec: {
      ...spec,
      hostname: `${jobName}-${index}`,
      containers: spec.containers.map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
    },
  };
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[completionIndexKey];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Held until its Job has counted it. */
export function isHeld({ metadata }: Pod): boolean {
  return (metadata.finalizers ?? []).includes(trackingFinalizer);
}

/**
 * Failed in the eyes of its Job. A pod that was deleted before it could end has failed at once, unless the Job asked to wait until it
 * really has ended; one that never had a node will never end.
 */
export function hasFailed({ spec: jobSpec }: Job, { metadata, spec, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  if (metadata.deletionTimestamp === undefined || status?.phase === 'Succeeded') return false;
  return jobSpec?.podReplacementPolicy !== 'Failed' || (spec?.nodeName ?? '') === '';
}

/** When a pod ended, in milliseconds, as well as it can be told. */
export function endedAtMs({ status, metadata }: Pod): number {
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  const times = (status?.containerStatuses ?? []).map(({ state }) => parseTime(state?.terminated?.finishedAt) ?? 0);
  const deletedAtMs = (parseTime(deletionTimestamp) ?? 0) - deletionGracePeriodSeconds * 1000;
  return Math.max(parseTime(creationTimestamp) ?? 0, deletedAtMs, ...times);
}

/** Failures and ends that no success came after, the newest first. */
export function failuresInARow(job: Job, pods: readonly Pod[]): readonly Pod[] {
  const ended = pods.filter((pod) => isPodTerminal(pod) || hasFailed(job, pod)).sort((a, b) => endedAtMs(b) - endedAtMs(a));
  const lastSuccess = ended.findIndex(({ status }) => status?.phase === 'Succeeded');
  return lastSuccess < 0 ? ended : ended.slice(0, lastSuccess);
}
