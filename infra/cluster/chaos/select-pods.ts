import { createHash } from 'node:crypto';
import type { ChaosMode, PodSelector, PodSelectorSpec } from '../../chaos/chaos-types.ts';
import type { LabelSelector, Node, Pod } from '../meta/generated/types.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { fieldReaders } from '../meta/selectable-fields.ts';
import { ChaosRefusal } from './chaos-context.ts';

export interface SelectionWorld {
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** The experiment's own namespace. */
  readonly namespace: string;
  /** Equal seeds choose equally among equal pods. */
  readonly seed: string;
}

/** The pods that an experiment is of, in the order in which they were drawn. Pods that have ended or are being deleted are no candidates. */
export function selectPods({ selector, mode, value }: PodSelector, world: SelectionWorld): readonly Pod[] {
  const candidates = world.pods
    .filter((pod) => isAlive(pod) && matches(selector, pod, world))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const random = randomOf(world.seed);
  const count = countOf(mode, value, candidates.length, random);
  return mode === 'all' ? candidates : draw(candidates, count, random);
}

function isAlive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

const podFields = fieldReaders({ group: '', kind: 'Pod', namespaced: true, selectableFields: [] });

function matches(spec: PodSelectorSpec, pod: Pod, { nodes, namespace }: SelectionWorld): boolean {
  const { metadata } = pod;
  if (spec.pods !== undefined && Object.keys(spec.pods).length > 0)
    return spec.pods[metadata.namespace ?? '']?.includes(metadata.name) === true;
  const namespaces = spec.namespaces === undefined || spec.namespaces.length === 0 ? [namespace] : spec.namespaces;
  const labels = { matchLabels: spec.labelSelectors ?? {}, matchExpressions: spec.expressionSelectors ?? [] } as LabelSelector;
  return (
    namespaces.includes(metadata.namespace ?? '') &&
    labelSelectorMatches(labels, metadata.labels) &&
    hasAll(metadata.annotations, spec.annotationSelectors) &&
    Object.entries(spec.fieldSelectors ?? {}).every(([field, wanted]) => podFields.get(field)?.(pod) === wanted) &&
    isOneOf(pod.status?.phase, spec.podPhaseSelectors) &&
    isOnNode(pod, spec, nodes)
  );
}

function hasAll(present: Readonly<Record<string, string>> | undefined, wanted: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => present?.[key] === value);
}

function isOneOf(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || (value !== undefined && wanted.includes(value));
}

/** By name or by label; a node that either finds will do. */
function isOnNode({ spec }: Pod, { nodes: names = [], nodeSelectors = {} }: PodSelectorSpec, nodes: readonly Node[]): boolean {
  if (names.length === 0 && Object.keys(nodeSelectors).length === 0) return true;
  if (names.includes(spec?.nodeName ?? '')) return true;
  const node = nodes.find(({ metadata }) => metadata.name === spec?.nodeName);
  return Object.keys(nodeSelectors).length > 0 && node !== undefined && hasAll(node.metadata.labels, nodeSelectors);
}

/** Percentages are rounded down, as Chaos Mesh does. */
function countOf(mode: ChaosMode, value: string | undefined, available: number, random: () => number): number {
  switch (mode) {
    case 'one':
      return 1;
    case 'all':
      return available;
    case 'fixed':
      return numberOf(mode, value, Number.MAX_SAFE_INTEGER);
    case 'fixed-percent':
      return Math.floor((available * numberOf(mode, value, 100)) / 100);
    case 'random-max-percent': {
      const percent = Math.floor(random() * (numberOf(mode, value, 100) + 1));
      return Math.floor((available * percent) / 100);
    }
  }
}

function numberOf(mode: ChaosMode, value: string | undefined, largest: number): number {
  if (value === undefined || !/^\d{1,9}$/.test(value) || Number(value) > largest)
    throw new ChaosRefusal(`mode ${mode} needs a whole number${largest === 100 ? ' of at most 100' : ''} as value, not "${value ?? ''}"`);
  return Number(value);
}

function draw(candidates: readonly Pod[], count: number, random: () => number): readonly Pod[] {
  const left = [...candidates];
  const drawn: Pod[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}

/** Numbers from 0 to 1 that the seed decides. */
function randomOf(seed: string): () => number {
  let round = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed}/${round}`).digest();
    round += 1;
    return digest.readUInt32BE(0) / 2 ** 32;
  };
}
