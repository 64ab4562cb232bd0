import { expect, it } from 'vitest';
import type { ClustersFileError } from './clusters-file.ts';
import { parseClustersFile } from './clusters-file.ts';

const problemsOf = (text: string): readonly string[] => {
  try {
    parseClustersFile('/etc/clusters.yaml', text);
    return [];
  } catch (error) {
    return (error as ClustersFileError).problems;
  }
};

it('has defaults, and finds kubeconfigs beside the file', () => {
  const text =
    'installation: acme\nclusters:\n  - { name: east, kubeconfig: east.kubeconfig, capacity: 20 }\n  - { name: here, inCluster: true, capacity: 5, weight: 2, runtimeClass: gvisor, storageClass: fast }\n';
  expect(parseClustersFile('/etc/drillhouse/clusters.yaml', text)).toMatchObject({
    installation: 'acme',
    clusters: [
      { name: 'east', kubeconfig: '/etc/drillhouse/east.kubeconfig', weight: 1, registry: 'registry.lab', quota: { pods: 30 } },
      { name: 'here', inCluster: true, weight: 2, runtimeClass: 'gvisor', storageClass: 'fast' },
    ],
  });
});

it('tells every problem at once, by line and path', () => {
  const text = `installation: Acme Inc
clusters:
  - name: east
    capacity: 0
    registry: https://registry.example.com/
  - name: east
    kubeconfig: x
    inCluster: true
    capacity: 1
    colour: green
    runtimeClass: Not_A_Name
`;
  const problems = problemsOf(text).join('\n');
  for (const part of [
    'line 1: installation:',
    'line 4: clusters.0.capacity:',
    'line 5: clusters.0.registry: must be a registry with an optional path',
    'clusters.0.kubeconfig: must be given, or inCluster: true, and not both',
    'colour',
    'line 11: clusters.1.runtimeClass: must be the name of a class',
  ])
    expect(problems).toContain(part);
});

it.each([
  [
    'clusters of the same name',
    'installation: a\nclusters:\n  - { name: x, inCluster: true, capacity: 1 }\n  - { name: x, inCluster: true, capacity: 1 }\n',
    'must have names of their own',
  ],
  ['no cluster', 'installation: a\nclusters: []\n', 'clusters'],
  ['text that is no YAML', 'installation: [\n', 'line 2'],
  [
    'an installation whose names would be too long',
    `installation: ${'a'.repeat(17)}\nclusters:\n  - { name: x, inCluster: true, capacity: 1 }\n`,
    'installation',
  ],
])('refuses %s', (_, text, words) => {
  expect(problemsOf(text).join('\n')).toContain(words);
});
