import { describe, expect, it } from 'vitest';
import type { KubeObject } from './meta/kube-object.ts';
import { applyRestore, planRestore, takeSnapshot } from './snapshot.ts';
import { ObjectStore } from './store/object-store.ts';

type Loose = KubeObject & Record<string, unknown>;
const hidden = new Set(['drillhouse-system']);
const object = (kind: string, name: string, namespace?: string, rest: Record<string, unknown> = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, uid: `uid-${name}`, ...(namespace === undefined ? {} : { namespace }), ...metadata },
  ...rest,
});
const node = (spec: object, metadata: object = {}): KubeObject =>
  object('Node', 'node-1', undefined, { spec, status: { phase: 'now' } }, metadata);

function storeOf(...objects: readonly (readonly [string, KubeObject])[]): ObjectStore {
  const store = new ObjectStore();
  for (const [resource, one] of objects) store.create(resource, one);
  return store;
}

function change(store: ObjectStore, resource: string, key: string, edit: (held: Loose) => KubeObject): void {
  const before = store.get(resource, key) as Loose;
  store.update(resource, edit(structuredClone(before)), before.metadata.resourceVersion ?? '');
}

function restore(store: ObjectStore, snapshot: string): number {
  const plan = planRestore(store, snapshot, { hidden, endsPods: true });
  applyRestore(store, plan);
  return plan.put.length + plan.remove.length;
}

describe('restoring a snapshot', () => {
  it('brings back what was changed, deleted or added, and a second time finds nothing to do', () => {
    const store = storeOf(
      ['/configmaps', object('ConfigMap', 'kept', 'default', { data: { a: '1' } })],
      ['/configmaps', object('ConfigMap', 'gone', 'default', { data: { a: '1' } })],
    );
    const snapshot = takeSnapshot(store, hidden);
    change(store, '/configmaps', 'default/kept', (held) => ({ ...held, data: { a: '2' } }));
    store.delete('/configmaps', 'default/gone');
    store.create('/secrets', object('Secret', 'added', 'default'));
    expect(restore(store, snapshot)).toBe(3);
    expect(store.list('/configmaps')).toMatchObject([{ data: { a: '1' } }, { data: { a: '1' } }]);
    expect(store.count('/secrets')).toBe(0);
    expect(restore(store, snapshot)).toBe(0);
  });

  it('puts back a claim that was made anew as the one that its volume is bound to', () => {
    const claimOf = (uid: string): KubeObject =>
      object('PersistentVolumeClaim', 'data', 'default', { spec: { volumeName: `pv-${uid}` } }, { uid });
    const volumeOf = (uid: string): KubeObject => object('PersistentVolume', `pv-${uid}`, undefined, { spec: { claimRef: { uid } } });
    const store = storeOf(['/persistentvolumeclaims', claimOf('first')], ['/persistentvolumes', volumeOf('first')]);
    const snapshot = takeSnapshot(store, hidden);
    store.delete('/persistentvolumeclaims', 'default/data');
    store.delete('/persistentvolumes', '/pv-first');
    store.create('/persistentvolumeclaims', claimOf('second'));
    store.create('/persistentvolumes', volumeOf('second'));
    restore(store, snapshot);
    expect(store.list('/persistentvolumeclaims')).toMatchObject([{ metadata: { uid: 'first' }, spec: { volumeName: 'pv-first' } }]);
    expect(store.list('/persistentvolumes')).toMatchObject([{ metadata: { name: 'pv-first' }, spec: { claimRef: { uid: 'first' } } }]);
    expect(restore(store, snapshot)).toBe(0);
  });

  it('uncordons a node, takes off taints and labels that were put on, and keeps what the node says of itself', () => {
    const store = storeOf(['/nodes', node({ taints: [{ key: 'gpu', effect: 'NoSchedule' }] }, { labels: { zone: 'a' } })]);
    const snapshot = takeSnapshot(store, hidden);
    const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
    change(store, '/nodes', '/node-1', (held) => ({
      ...held,
      metadata: { ...held.metadata, labels: { zone: 'b' } },
      spec: { unschedulable: true, taints: [{ key: 'mine', effect: 'NoExecute' }, unreachable] },
      status: { phase: 'later' },
    }));
    restore(store, snapshot);
    expect(store.get('/nodes', '/node-1')).toMatchObject({
      metadata: { labels: { zone: 'a' } },
      spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }, unreachable] },
      status: { phase: 'later' },
    });
    expect((store.get('/nodes', '/node-1') as Loose)['spec']).not.toHaveProperty('unschedulable');
    expect(restore(store, snapshot)).toBe(0);
  });

  it('brings back a node that was deleted', () => {
    const store = storeOf(['/nodes', node({})]);
    const snapshot = takeSnapshot(store, hidden);
    store.delete('/nodes', '/node-1');
    restore(store, snapshot);
    expect(store.get('/nodes', '/node-1')).toBeDefined();
  });

  it('takes definitions that were added with their objects, and brings back those that were deleted, definitions first', () => {
    const crds = 'apiextensions.k8s.io/customresourcedefinitions';
    const store = storeOf(
      ['example.com/widgets', object('Widget', 'w', 'default', { spec: { size: 1 } })],
      [crds, object('CustomResourceDefinition', 'widgets.example.com')],
    );
    const snapshot = takeSnapshot(store, hidden);
    store.delete('example.com/widgets', 'default/w');
    store.delete(crds, '/widgets.example.com');
    store.create(crds, object('CustomResourceDefinition', 'others.example.com'));
    store.create(
      'example.com/others',
      object('Other', 'o', 'default', {}, { finalizers: ['example.com/never'], deletionTimestamp: 'now' }),
    );
    const { put } = planRestore(store, snapshot, { hidden, endsPods: true });
    expect(put.map(({ resource }) => resource)).toEqual([crds, 'example.com/widgets']);
    restore(store, snapshot);
    expect(store.list(crds).map(({ metadata }) => metadata.name)).toEqual(['widgets.example.com']);
    expect(store.count('example.com/widgets')).toBe(1);
    expect(store.count('example.com/others')).toBe(0);
  });

  it('starts a pod anew that was changed, has ended or is ending; one that was made again as it was stays', () => {
    const pod = (name: string, uid: string, spec: object, status: object): KubeObject =>
      object('Pod', name, 'default', { spec: { containers: [], nodeName: 'node-1', ...spec }, status }, { uid });
    const store = storeOf(
      ['/pods', pod('same', 'u1', {}, { phase: 'Running', qosClass: 'BestEffort' })],
      ['/pods', pod('ended', 'u2', {}, { phase: 'Running' })],
      ['/pods', pod('changed', 'u3', {}, { phase: 'Running' })],
    );
    const snapshot = takeSnapshot(store, hidden);
    store.delete('/pods', 'default/same');
    store.create('/pods', pod('same', 'u4', {}, { phase: 'Running' }));
    change(store, '/pods', 'default/ended', (held) => ({ ...held, status: { phase: 'Failed' } }));
    change(store, '/pods', 'default/changed', (held) => ({ ...held, spec: { containers: [{ image: 'other' }], nodeName: 'node-1' } }));
    const plan = planRestore(store, snapshot, { hidden, endsPods: true });
    expect(plan.remove.map((step) => step.object.metadata.uid).sort()).toEqual(['u2', 'u3']);
    applyRestore(store, plan);
    expect(store.get('/pods', 'default/same')?.metadata.uid).toBe('u4');
    const ended = store.get('/pods', 'default/ended') as Loose;
    expect(ended.metadata.uid).not.toBe('u2');
    expect(ended).toMatchObject({ status: { phase: 'Pending' } });
    expect(ended['spec']).not.toHaveProperty('nodeName');
    expect(restore(store, snapshot)).toBe(0);
  });

  it('ends pods of controllers that are not in it, and leaves to controllers what is theirs', () => {
    const owned = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }] };
    const store = storeOf(
      ['/pods', object('Pod', 'p', 'default', { spec: { containers: [] } }, owned)],
      ['apps/replicasets', object('ReplicaSet', 'r', 'default', {}, owned)],
    );
    const snapshot = takeSnapshot(store, hidden);
    expect(planRestore(store, snapshot, { hidden, endsPods: true }).remove.map((step) => step.object.kind)).toEqual(['Pod']);
    expect(planRestore(store, snapshot, { hidden, endsPods: false }).remove).toEqual([]);
  });

  it('does not look at hidden namespaces, nor fight over what a controller counts', () => {
    const deployment = (revision: string): KubeObject =>
      object('Deployment', 'd', 'default', {}, { annotations: { 'deployment.kubernetes.io/revision': revision } });
    const store = storeOf(['apps/deployments', deployment('1')], ['/namespaces', object('Namespace', 'drillhouse-system')]);
    const snapshot = takeSnapshot(store, hidden);
    expect(snapshot).not.toContain('drillhouse-system');
    change(store, 'apps/deployments', 'default/d', () => deployment('3'));
    store.create('/configmaps', object('ConfigMap', 'own', 'drillhouse-system'));
    expect(restore(store, snapshot)).toBe(0);
    expect(store.count('/configmaps')).toBe(1);
  });
});
