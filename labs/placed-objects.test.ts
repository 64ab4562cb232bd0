import { expect, it } from 'vitest';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import { PlacedObjects } from './placed-objects.ts';
import { proberObject, proberPod } from './system-objects.ts';

const place: SandboxPlace = { namespace: 'dh-1', hiddenNamespace: 'dh-1-hidden', registry: 'registry.example.com/lab' };
const pod = (image: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'dh-1' },
    spec: { containers: [{ name: 'c', image }] },
  }) as KubeObject;

interface WrittenPod extends KubeObject {
  readonly spec: {
    readonly securityContext?: object;
    readonly tolerations?: unknown;
    readonly containers: readonly { readonly image: string; readonly securityContext?: object }[];
  };
}

it('keeps what is ours in the hidden namespace, by whatever way it is asked for', async () => {
  const real = new FakeObjects();
  const placed = new PlacedObjects(real, place);
  for (const namespace of [systemNamespace, 'providers']) {
    const ref = { kind: 'Secret', namespace, name: `of-${namespace}` };
    await placed.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: ref.name, namespace } });
    await placed.patch(ref, 'merge', { metadata: { labels: { a: 'b' } } });
    expect((await placed.find(ref))?.metadata).toMatchObject({ namespace: 'dh-1-hidden', labels: { a: 'b' } });
    expect(await placed.list('Secret', { namespace })).toHaveLength(1);
    expect(real.all().map(({ metadata }) => metadata.namespace)).toEqual(['dh-1-hidden']);
    expect(await placed.remove(ref)).toBe(true);
  }
});

it('pulls images from the cluster’s own registry, and reads them by the names that labs know', async () => {
  const real = new FakeObjects();
  const placed = new PlacedObjects(real, place);
  await placed.create(pod('registry.lab/inference:1.4.2'));
  const imageOf = (object: KubeObject | undefined): unknown => (object as WrittenPod | undefined)?.spec.containers[0]?.image;
  const ref = { kind: 'Pod', namespace: 'dh-1', name: 'p' };
  expect(imageOf(await real.find(ref))).toBe('registry.example.com/lab/inference:1.4.2');
  expect(imageOf(await placed.find(ref))).toBe('registry.lab/inference:1.4.2');
  await placed.patch(ref, 'strategic', { spec: { containers: [{ name: 'c', image: 'registry.lab/inference:1.5.2' }] } });
  expect(imageOf(await real.find(ref))).toBe('registry.example.com/lab/inference:1.5.2');
});

it('gives pods of ours what Pod Security asks of everybody, and pods of the lab nothing', async () => {
  const real = new FakeObjects();
  const placed = new PlacedObjects(real, place);
  await placed.create(proberObject());
  await placed.create(pod('x'));
  const ours = await real.find<WrittenPod>({ kind: 'Pod', namespace: 'dh-1-hidden', name: proberPod.pod });
  expect(ours?.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(ours?.spec.containers[0]?.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
  expect(ours?.spec.tolerations).toBeUndefined();
  expect((await real.find<WrittenPod>({ kind: 'Pod', namespace: 'dh-1', name: 'p' }))?.spec.securityContext).toBeUndefined();
});

it('shows no lab what belongs to the platform, and makes no namespaces', async () => {
  const labels = { 'drillhouse.dev/part': 'platform' };
  const real = new FakeObjects({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'drillhouse', namespace: 'dh-1', labels } });
  const placed = new PlacedObjects(real, place);
  expect(await placed.list('ResourceQuota', { namespace: 'dh-1' })).toEqual([]);
  await expect(placed.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dh-1' } })).rejects.toThrow('is gone');
});
