import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import { deploymentOf, healthyObjects, podOf, replicaSet, secretOf, sliceOf } from '../grader/testing/sandbox-fixtures.ts';
import { parseSnapshot, planRemoval, restoreSnapshot, takeSnapshot } from './namespace-snapshot.ts';

const names = (objects: readonly KubeObject[]): readonly string[] => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
const configMap = (name: string, data: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'atlas' }, data }) as KubeObject;

describe('a namespace’s snapshot', () => {
  it('holds what people declared, not what controllers made of it or Kubernetes puts everywhere', async () => {
    const objects = new FakeObjects(...healthyObjects(), configMap('settings'), configMap('kube-root-ca.crt'));
    expect(names(await takeSnapshot(objects, 'atlas'))).toEqual([
      'ConfigMap/settings',
      'Deployment/inference',
      'Secret/inference-api-key',
      'Service/inference',
    ]);
  });

  it('leaves out what the server writes itself', async () => {
    const objects = new FakeObjects(...healthyObjects());
    const deployment = (await takeSnapshot(objects, 'atlas')).find(({ kind }) => kind === 'Deployment');
    expect(deployment).not.toHaveProperty('status');
    expect(deployment?.metadata).not.toHaveProperty('uid');
    expect(deployment?.metadata).not.toHaveProperty('resourceVersion');
  });

  it('is what the namespace holds again afterwards, whatever was done to it', async () => {
    const objects = new FakeObjects(...healthyObjects(), configMap('settings', { a: '1' }));
    const snapshot = parseSnapshot(JSON.stringify(await takeSnapshot(objects, 'atlas')));
    objects.put({ ...deploymentOf(undefined, 7) });
    objects.put(configMap('settings', { a: 'changed' }));
    objects.put(configMap('left-behind'));
    objects.put(podOf('by-hand', '10.0.0.9', { owned: false }));
    objects.put(secretOf('elsewhere', {}, 'other'));
    await objects.remove({ kind: 'Secret', namespace: 'atlas', name: 'inference-api-key' });
    await restoreSnapshot(objects, 'atlas', snapshot);
    expect(await takeSnapshot(objects, 'atlas')).toEqual(snapshot);
    expect(await objects.find({ kind: 'Pod', namespace: 'atlas', name: 'by-hand' })).toBeUndefined();
    expect(await objects.find({ kind: 'Secret', namespace: 'other', name: 'elsewhere' })).toBeDefined();
  });

  it.each<[string, (objects: FakeObjects) => unknown]>([
    ['a Secret that they read', (objects) => objects.put(secretOf('inference-api-key', { 'api-key': 'another' }))],
    ['a workload', (objects) => objects.put(deploymentOf({ name: 'server', image: 'other' }))],
    ['an object that is gone', (objects) => objects.remove({ kind: 'Service', namespace: 'atlas', name: 'inference' })],
    ['an object too many', (objects) => objects.put(configMap('left-behind'))],
  ])('ends what runs when it changes %s', async (_, change) => {
    const objects = new FakeObjects(...healthyObjects());
    const snapshot = await takeSnapshot(objects, 'atlas');
    await change(objects);
    await restoreSnapshot(objects, 'atlas', snapshot);
    expect(await objects.list('Pod')).toHaveLength(0);
  });

  it('lets run what nobody changed', async () => {
    const objects = new FakeObjects(...healthyObjects());
    await restoreSnapshot(objects, 'atlas', parseSnapshot(JSON.stringify(await takeSnapshot(objects, 'atlas'))));
    expect(await objects.list('Pod')).toHaveLength(1);
  });

  it('gives the namespace its labels back, and takes those that it did not have', async () => {
    const space = (labels: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'atlas', labels },
    });
    const objects = new FakeObjects(...healthyObjects(), space({ name: 'atlas', enforce: 'baseline' }));
    const snapshot = parseSnapshot(JSON.stringify(await takeSnapshot(objects, 'atlas')));
    objects.put(space({ name: 'atlas', enforce: 'restricted', left: 'behind' }));
    await restoreSnapshot(objects, 'atlas', snapshot);
    expect((await objects.find({ kind: 'Namespace', name: 'atlas' }))?.metadata.labels).toEqual({ name: 'atlas', enforce: 'baseline' });
    expect(await objects.list('Pod')).toHaveLength(1);
  });

  it('puts back a binding that was bound to another role, which cannot be changed in place', async () => {
    const binding = (role: string): KubeObject =>
      ({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'board', namespace: 'atlas' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
      }) as KubeObject;
    const objects = new FakeObjects(binding('board'));
    const snapshot = await takeSnapshot(objects, 'atlas');
    objects.put(binding('admin'));
    const refused = objects.replace.bind(objects);
    objects.replace = (object) => (object.kind === 'RoleBinding' ? Promise.reject(new Error('roleRef is immutable')) : refused(object));
    await restoreSnapshot(objects, 'atlas', snapshot);
    expect(await objects.find({ kind: 'RoleBinding', namespace: 'atlas', name: 'board' })).toMatchObject({ roleRef: { name: 'board' } });
  });

  it('removes nothing that a controller looks after', () => {
    const made = [replicaSet, podOf('inference-1-a', '10.0.0.1'), sliceOf('10.0.0.1'), configMap('kube-root-ca.crt')];
    expect(planRemoval([...made, podOf('by-hand', '1', { owned: false }), configMap('x')], [])).toHaveLength(2);
  });
});

describe('a claim', () => {
  const claim = (spec: object, annotations: Record<string, string>): KubeObject =>
    ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'state', namespace: 'atlas', annotations }, spec }) as KubeObject;
  const asked = { resources: { requests: { storage: '64Mi' } } };
  const bound = claim({ ...asked, volumeName: 'pv-1' }, { 'pv.kubernetes.io/bind-completed': 'yes', owner: 'team' });

  it('is put back as it was asked for, so that a volume can be found for it', async () => {
    const snapshot = await takeSnapshot(new FakeObjects(bound), 'atlas');
    expect(snapshot).toMatchObject([{ spec: asked, metadata: { annotations: { owner: 'team' } } }]);
    expect(snapshot[0]).not.toHaveProperty('spec.volumeName');
    const empty = new FakeObjects();
    await restoreSnapshot(empty, 'atlas', snapshot);
    expect(await takeSnapshot(empty, 'atlas')).toEqual(snapshot);
  });

  it('that is still there stays bound', async () => {
    const objects = new FakeObjects(bound);
    await restoreSnapshot(objects, 'atlas', await takeSnapshot(objects, 'atlas'));
    expect(await objects.find({ kind: 'PersistentVolumeClaim', namespace: 'atlas', name: 'state' })).toMatchObject({
      spec: { ...asked, volumeName: 'pv-1' },
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    });
  });
});
