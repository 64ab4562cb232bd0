import { expect, it } from 'vitest';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { withClasses } from './cluster-classes.ts';

const classes = { runtimeClass: 'gvisor', storageClass: 'fast' };
const object = (kind: string, spec: object): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, spec }) as KubeObject;
const pod = { containers: [{ name: 'c' }] };
const classed = { runtimeClassName: 'gvisor', ...pod };

it.each([
  ['a pod', 'Pod', pod, classed],
  [
    'a workload',
    'Deployment',
    { replicas: 1, template: { metadata: {}, spec: pod } },
    { replicas: 1, template: { metadata: {}, spec: classed } },
  ],
  [
    'what makes jobs',
    'CronJob',
    { jobTemplate: { spec: { template: { spec: pod } } } },
    { jobTemplate: { spec: { template: { spec: classed } } } },
  ],
  ['a claim', 'PersistentVolumeClaim', { accessModes: [] }, { storageClassName: 'fast', accessModes: [] }],
  [
    'what makes pods and claims',
    'StatefulSet',
    { template: { spec: pod }, volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: { accessModes: [] } }] },
    {
      template: { spec: classed },
      volumeClaimTemplates: [{ metadata: { name: 'v' }, spec: { storageClassName: 'fast', accessModes: [] } }],
    },
  ],
  ['neither', 'Service', { ports: [] }, { ports: [] }],
  ['what names its own', 'Pod', { runtimeClassName: 'kata', ...pod }, { runtimeClassName: 'kata', ...pod }],
  ['what wants no class', 'PersistentVolumeClaim', { storageClassName: '' }, { storageClassName: '' }],
])('has the cluster’s classes: %s', (_, kind, spec, wanted) => {
  expect(withClasses(object(kind, spec), classes)).toEqual(object(kind, wanted));
  expect(withClasses(object(kind, spec), {})).toEqual(object(kind, spec));
});

it('leaves what has no spec alone', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
  expect(withClasses(secret, classes)).toEqual(secret);
});
