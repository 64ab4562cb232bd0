import { forbidden, invalid } from '../field-error.ts';
import type { Container, Pod, PodSpec, Toleration } from '../generated/types.ts';
import { jsonEqual, sortedJson } from '../go-format.ts';
import { checkPodSpec } from './pod-spec.ts';
import { checkTaintEffect } from './scheduling.ts';
import type { Report } from './report.ts';

export function checkPod(report: Report, pod: Pod): void {
  checkPodSpec(report, specOf(pod), 'spec');
  checkDeletionCost(report, pod);
}

function specOf(pod: Pod): PodSpec {
  return pod.spec ?? { containers: [] };
}

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

function checkDeletionCost(report: Report, { metadata }: Pod): void {
  const cost = metadata.annotations?.[deletionCost];
  if (cost !== undefined && !/^(?:0|-?[1-9]\d{0,9})$/.test(cost)) {
    report(invalid(`metadata.annotations[${deletionCost}]`, cost, 'must be a 32bit integer'));
  }
}

/** Kubernetes' own words; a diff of the specs follows them. */
const updateMessage =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod that was made stays as it is but for a few fields. */
export function checkPodUpdate(report: Report, next: Pod, previous: Pod): void {
  checkPod(report, next);
  const [now, was] = [specOf(next), specOf(previous)];
  if (now.containers.length !== was.containers.length) {
    report(forbidden('spec.containers', 'pod updates may not add or remove containers'));
    return;
  }
  if ((now.initContainers ?? []).length !== (was.initContainers ?? []).length) {
    report(forbidden('spec.initContainers', 'pod updates may not add or remove containers'));
    return;
  }
  checkDeadline(report, now, was);
  checkOnlyAddedTolerations(report, now.tolerations ?? [], was.tolerations ?? []);
  checkGates(report, now, was);
  const changeable = withChangeable(now, was);
  if (!jsonEqual(changeable, was)) report(forbidden('spec', `${updateMessage}\n${specDiff(was, changeable)}`));
}

function checkDeadline(report: Report, now: PodSpec, was: PodSpec): void {
  const [deadline, old] = [now.activeDeadlineSeconds, was.activeDeadlineSeconds];
  if (old === undefined) return;
  const path = 'spec.activeDeadlineSeconds';
  if (deadline === undefined) report(invalid(path, null, 'must not update from a positive integer to nil value'));
  else if (deadline > old) report(invalid(path, deadline, 'must be less than or equal to previous value'));
}

function checkOnlyAddedTolerations(report: Report, now: readonly Toleration[], was: readonly Toleration[]): void {
  const key = ({ tolerationSeconds: _seconds, ...rest }: Toleration): string => sortedJson(rest);
  const present = new Set(now.map(key));
  if (was.some((old) => !present.has(key(old)))) {
    report(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  }
  for (const [index, { effect = '' }] of now.entries())
    if (effect !== '') checkTaintEffect(report, effect, `spec.tolerations[${index}].effect`);
}

function checkGates(report: Report, now: PodSpec, was: PodSpec): void {
  const old = (was.schedulingGates ?? []).map(({ name }) => name);
  for (const [index, { name }] of (now.schedulingGates ?? []).entries()) {
    if (!old.includes(name))
      report(forbidden(`spec.schedulingGates[${index}]`, `only deletion is allowed, but found new scheduling gate '${name}'`));
  }
}

/** The new spec with the fields that may change as they were: equal to the old one if nothing else did. */
function withChangeable(now: PodSpec, was: PodSpec): PodSpec {
  const withImages = (list: readonly Container[], old: readonly Container[]): Container[] =>
    list.map((container, index) => withField(container, 'image', old[index]?.image));
  const restored: PodSpec = { ...now, containers: withImages(now.containers, was.containers) };
  if (now.initContainers !== undefined) restored.initContainers = withImages(now.initContainers, was.initContainers ?? []);
  const grace = was.terminationGracePeriodSeconds;
  const mendsGrace = grace !== undefined && grace < 0 && now.terminationGracePeriodSeconds === 1;
  let result = withField(restored, 'activeDeadlineSeconds', was.activeDeadlineSeconds);
  result = withField(result, 'tolerations', was.tolerations);
  result = withField(result, 'schedulingGates', was.schedulingGates);
  return mendsGrace ? withField(result, 'terminationGracePeriodSeconds', grace) : result;
}

function withField<T extends object, K extends keyof T>(object: T, key: K, value: T[K] | undefined): T {
  const copy = { ...object };
  if (value === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = value;
  return copy;
}

/** Kubernetes prints a diff of Go structs; here the fields that differ, old and new, one beneath the other. */
function specDiff(was: unknown, now: unknown, path = ''): string {
  if (jsonEqual(was, now)) return '';
  if (typeof was === 'object' && typeof now === 'object' && was !== null && now !== null) {
    const keys = new Set([...Object.keys(was), ...Object.keys(now)]);
    const parts = [...keys].map((key) => {
      const inner = Array.isArray(now) ? `${path}[${key}]` : `${path}${path === '' ? '' : '.'}${key}`;
      return specDiff((was as Record<string, unknown>)[key], (now as Record<string, unknown>)[key], inner);
    });
    return parts.join('');
  }
  const line = (sign: string, value: unknown): string => (value === undefined ? '' : `${sign} ${path}: ${sortedJson(value)}\n`);
  return line('-', was) + line('+', now);
}

/** Only ephemeral containers come, and none goes. */
export function checkEphemeralUpdate(report: Report, next: Pod, previous: Pod): void {
  checkPodSpec(report, specOf(next), 'spec');
  const now = specOf(next).ephemeralContainers ?? [];
  for (const old of specOf(previous).ephemeralContainers ?? []) {
    const same = now.find(({ name }) => name === old.name);
    if (same === undefined)
      report(forbidden('spec.ephemeralContainers', `existing ephemeral containers "${old.name}" may not be removed\n`));
    else if (!jsonEqual(same, old)) {
      report(
        forbidden('spec.ephemeralContainers', `existing ephemeral containers "${old.name}" may not be changed\n${specDiff(old, same)}`),
      );
    }
  }
}
