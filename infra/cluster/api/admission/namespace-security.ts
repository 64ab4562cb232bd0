import { invalid as invalidField, type FieldError } from '../../meta/field-error.ts';
import type { Namespace, Pod } from '../../meta/generated/types.ts';
import { invalid } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Call } from '../call.ts';
import { findingsFor, levelOf, securityLabel } from './pod-security.ts';

const levels = ['privileged', 'baseline', 'restricted'];
const modes = ['enforce', 'audit', 'warn'];
/** As many pods are looked at as Kubernetes does. */
const MAX_PODS = 3_000;

/** The labels by which a namespace asks for Pod Security must say something that there is. */
export function checkSecurityLabels({ info }: Call, next: Namespace, previous?: Namespace): void {
  const faults = modes.flatMap((mode) => [
    ...labelFaults(next, previous, `${securityLabel}${mode}`, (value) => levels.includes(value), `must be one of ${levels.join(', ')}`),
    ...labelFaults(next, previous, `${securityLabel}${mode}-version`, isVersion, 'must be "latest" or "v1.x"'),
  ]);
  if (faults.length > 0) throw invalid(info, next.metadata.name, faults);
}

function isVersion(value: string): boolean {
  return value === 'latest' || /^v1\.\d{1,3}$/.test(value);
}

function labelFaults(
  next: Namespace,
  previous: Namespace | undefined,
  label: string,
  isGood: (value: string) => boolean,
  demand: string,
): FieldError[] {
  const value = next.metadata.labels?.[label];
  if (value === undefined || isGood(value) || value === previous?.metadata.labels?.[label]) return [];
  return [invalidField(`metadata.labels[${label}]`, value, demand)];
}

/** A stricter level holds for pods to come. Of those that are there the author hears which would not be let in, those with the same faults together. */
export function warnOfPods(store: ObjectStore, { warn }: Call, next: Namespace, previous: Namespace): void {
  const enforce = levelOf(next, 'enforce');
  if (enforce.text === levelOf(previous, 'enforce').text || enforce.level === 'privileged') return;
  const { name } = next.metadata;
  const pods = (store.list('/pods', name) as readonly Pod[]).slice(0, MAX_PODS);
  const byFault = new Map<string, string[]>();
  for (const pod of pods) {
    if (pod.spec === undefined) continue;
    const text = findingsFor(pod.spec, enforce.level)
      .map(({ title }) => title)
      .join(', ');
    if (text !== '') byFault.set(text, [...(byFault.get(text) ?? []), pod.metadata.name]);
  }
  if (byFault.size === 0) return;
  warn(`existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(enforce.text)}`);
  const lines = [...byFault].map(([text, [first = '', ...others]]) => `${first}${othersText(others.length)}: ${text}`);
  for (const line of lines.sort()) warn(line);
}

function othersText(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`;
}
