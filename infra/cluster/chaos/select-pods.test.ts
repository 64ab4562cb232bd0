import { expect, test } from 'vitest';
import type { PodSelectorSpec } from '../../chaos/chaos-types.ts';
import type { Node, Pod } from '../meta/generated/types.ts';
import { selectPods } from './select-pods.ts';

function pod(
  name: string,
  more: { namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string>; phase?: string; node?: string } = {},
): Pod {
  const { namespace = 'lab', labels = { app: 'web' }, annotations = {}, phase = 'Running', node = 'n1' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec: { nodeName: node, containers: [] },
    status: { phase },
  };
}

const pods = [
  pod('web-1'),
  pod('web-2', { node: 'n2', annotations: { tier: 'gold' } }),
  pod('db-1', { labels: { app: 'db' } }),
  pod('far-1', { namespace: 'far' }),
  pod('waiting', { phase: 'Pending' }),
  pod('ended', { phase: 'Succeeded' }),
];
const nodes = [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2', labels: { gpu: 'yes' } } }] as Node[];
const world = { pods, nodes, namespace: 'lab', seed: 's' };
const names = (selected: readonly Pod[]): string[] => selected.map(({ metadata }) => metadata.name).sort();

test.each<[string, PodSelectorSpec, string[]]>([
  ['nothing said: all of its own namespace that have not ended', {}, ['db-1', 'waiting', 'web-1', 'web-2']],
  ['namespaces', { namespaces: ['far'] }, ['far-1']],
  ['labels', { labelSelectors: { app: 'db' } }, ['db-1']],
  ['expressions', { expressionSelectors: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, ['db-1']],
  ['annotations', { annotationSelectors: { tier: 'gold' } }, ['web-2']],
  ['fields', { fieldSelectors: { 'metadata.name': 'web-1' } }, ['web-1']],
  ['an unknown field finds nobody', { fieldSelectors: { 'spec.shoeSize': '43' } }, []],
  ['phases', { podPhaseSelectors: ['Pending'] }, ['waiting']],
  ['nodes by name', { nodes: ['n2'] }, ['web-2']],
  ['nodes by label', { nodeSelectors: { gpu: 'yes' } }, ['web-2']],
  ['all that is said holds', { labelSelectors: { app: 'web' }, nodes: ['n1'] }, ['waiting', 'web-1']],
  ['named pods, whatever else is said', { pods: { far: ['far-1'] }, labelSelectors: { app: 'db' } }, ['far-1']],
])('%s', (_, selector, expected) => {
  expect(names(selectPods({ selector, mode: 'all' }, world))).toEqual(expected);
});

const ten = Array.from({ length: 10 }, (_, index) => pod(`p${index}`));

test.each([
  ['one', undefined, 1],
  ['fixed', '3', 3],
  ['fixed', '30', 10],
  ['fixed-percent', '25', 2],
  ['fixed-percent', '100', 10],
] as const)('%s %s chooses %i of ten', (mode, value, count) => {
  const selector = { selector: {}, mode, ...(value === undefined ? {} : { value }) };
  const chosen = selectPods(selector, { ...world, pods: ten });
  expect(new Set(names(chosen)).size).toBe(count);
  expect(chosen).toEqual(selectPods(selector, { ...world, pods: [...ten].reverse() }));
});

test('random-max-percent stays below its maximum and varies with the seed', () => {
  const counts = Array.from(
    { length: 40 },
    (_, seed) => selectPods({ selector: {}, mode: 'random-max-percent', value: '50' }, { ...world, pods: ten, seed: `${seed}` }).length,
  );
  expect(Math.max(...counts)).toBeLessThanOrEqual(5);
  expect(new Set(counts).size).toBeGreaterThan(2);
});

test('another seed chooses otherwise', () => {
  const first = (seed: string): string => names(selectPods({ selector: {}, mode: 'one' }, { ...world, pods: ten, seed })).join();
  expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map(first)).size).toBeGreaterThan(1);
});

test.each([
  ['fixed', undefined],
  ['fixed', '-1'],
  ['fixed-percent', '101'],
  ['random-max-percent', 'half'],
] as const)('%s with value %s is refused', (mode, value) => {
  const selector = { selector: {}, mode, ...(value === undefined ? {} : { value }) };
  expect(() => selectPods(selector, world)).toThrow(`mode ${mode} needs a whole number`);
});
