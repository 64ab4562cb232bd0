import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { resources } from '../client/resources.ts';
import { provisionerName, selectedNodeKey } from '../client/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';
import { bindCompletedKey, planClaim, type VolumeWorld } from './claim-plan.ts';
import { ControllersHarness } from './controllers-harness.ts';

const classNamed = (name: string, provisioner = provisionerName, volumeBindingMode = 'WaitForFirstConsumer'): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner,
  reclaimPolicy: 'Delete',
  volumeBindingMode,
});
const claimOf = (
  spec: Partial<NonNullable<PersistentVolumeClaim['spec']>> = {},
  annotations: Record<string, string> = {},
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'ns', uid: 'u1', annotations, finalizers: ['kubernetes.io/pvc-protection'] },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'standard', resources: { requests: { storage: '1Gi' } }, ...spec },
});
const volumeOf = (name: string, spec: Partial<NonNullable<PersistentVolume['spec']>> = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, storageClassName: 'manual', local: { path: '/disk' }, ...spec },
});
const user = (name: string, nodeName?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns' },
  spec: {
    containers: [],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    ...(nodeName === undefined ? {} : { nodeName }),
  },
});
const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } } };
const world = (more: Partial<VolumeWorld> = {}): VolumeWorld => ({
  volumes: [],
  classes: [
    classNamed('standard'),
    classNamed('manual', 'kubernetes.io/no-provisioner', 'Immediate'),
    classNamed('cloud', 'ebs.csi.aws.com', 'Immediate'),
  ],
  nodes: [node],
  pods: [],
  ...more,
});
const chosen = { [selectedNodeKey]: 'n1' };

describe('what a claim that waits is told', () => {
  it.each<[string, PersistentVolumeClaim, Partial<VolumeWorld>, string, string]>([
    ['no pod', claimOf(), {}, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding'],
    ['a pod without a node', claimOf(), { pods: [user('b'), user('a')] }, 'WaitForPodScheduled', 'waiting for pod a to be scheduled'],
    ['an unknown class', claimOf({ storageClassName: 'nope' }), {}, 'ProvisioningFailed', 'storageclass.storage.k8s.io "nope" not found'],
    [
      'no class',
      claimOf({ storageClassName: '' }),
      {},
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    ],
    ['a volume that is not there', claimOf({ volumeName: 'v' }), {}, 'FailedBinding', 'volume "v" not found'],
    [
      'somebody else’s provisioner',
      claimOf({ storageClassName: 'cloud' }),
      {},
      'ExternalProvisioning',
      "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. " +
        'If volume creation is delayed, please verify that the provisioner is running and correctly registered.',
    ],
    [
      'sharing between nodes',
      claimOf({ accessModes: ['ReadWriteMany'] }, chosen),
      {},
      'ProvisioningFailed',
      'failed to provision volume with StorageClass "standard": only ReadWriteOnce and ReadWriteOncePod access modes are supported',
    ],
  ])('%s', (_, claim, more, reason, message) => {
    expect(planClaim(claim, world(more))).toMatchObject({ kind: 'wait', reason, message });
  });
});

describe('which volume a claim gets', () => {
  const manual = claimOf({ storageClassName: 'manual' });
  it('the smallest that is enough, of its class, free and with the modes it wants', () => {
    const volumes = [
      volumeOf('big', { capacity: { storage: '10Gi' } }),
      volumeOf('fits', { capacity: { storage: '2Gi' } }),
      volumeOf('small', { capacity: { storage: '1Mi' } }),
      volumeOf('other', { storageClassName: 'other' }),
      volumeOf('read-only', { accessModes: ['ReadOnlyMany'] }),
      volumeOf('taken', { claimRef: { namespace: 'ns', name: 'else', uid: 'u9' } }),
    ];
    expect(planClaim(manual, world({ volumes }))).toMatchObject({ kind: 'bind', volume: { metadata: { name: 'fits' } } });
  });

  it('the one that was kept for it', () => {
    const volumes = [volumeOf('free'), volumeOf('kept', { claimRef: { namespace: 'ns', name: 'data' } })];
    expect(planClaim(manual, world({ volumes }))).toMatchObject({ kind: 'bind', volume: { metadata: { name: 'kept' } } });
  });

  it('a new one on the node that was chosen', () => {
    expect(planClaim(claimOf({}, chosen), world())).toMatchObject({
      kind: 'provision',
      volume: {
        metadata: { name: 'pvc-u1' },
        spec: {
          capacity: { storage: '1Gi' },
          claimRef: { name: 'data', uid: 'u1' },
          persistentVolumeReclaimPolicy: 'Delete',
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['n1'] }] }] } },
        },
      },
    });
  });

  it('none any more, where the one it had is gone', () => {
    const bound = claimOf({ volumeName: 'v' }, { [bindCompletedKey]: 'yes' });
    expect(planClaim(bound, world())).toMatchObject({ kind: 'lost', reason: 'ClaimLost' });
  });
});

let h: ControllersHarness;
beforeEach(async () => {
  h = new ControllersHarness();
  await h.create(resources.storageClasses, classNamed('standard'));
  await h.create(resources.nodes, node);
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});
const claim = (): Promise<PersistentVolumeClaim> => h.get<PersistentVolumeClaim>(resources.persistentVolumeClaims, 'data');
const volumes = async (): Promise<readonly PersistentVolume[]> => (await h.api.list<PersistentVolume>(resources.persistentVolumes)).items;
const provision = async (): Promise<void> => {
  await h.create(resources.persistentVolumeClaims, { ...claimOf({}, chosen), metadata: { ...claimOf({}, chosen).metadata, uid: '' } });
  await h.settle();
};

test('a claim is bound to a volume made for it, both ways', async () => {
  await provision();
  const [volume] = await volumes();
  const held = await claim();
  expect(held).toMatchObject({
    spec: { volumeName: volume?.metadata.name },
    status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
  });
  expect(volume).toMatchObject({ spec: { claimRef: { uid: held.metadata.uid } }, status: { phase: 'Bound' } });
  expect(await h.events()).toContain(`Normal ProvisioningSucceeded Successfully provisioned volume ${volume?.metadata.name ?? ''}`);
});

test('a claim that a pod uses stays until the pod is gone, and its volume goes with it', async () => {
  await provision();
  const pod = await h.create<Pod>(resources.pods, user('p', 'n1'));
  await h.api.delete(resources.persistentVolumeClaims, 'data', 'ns');
  await h.settle();
  expect((await claim()).metadata.deletionTimestamp).toBeDefined();
  await h.setPodStatus(pod, { phase: 'Succeeded' });
  await h.settle();
  await expect(claim()).rejects.toThrow(/not found/);
  expect(await volumes()).toEqual([]);
});

test('a volume that is to be retained is released and waits for somebody to look at it', async () => {
  await h.create(resources.persistentVolumes, volumeOf('kept', { storageClassName: 'standard', persistentVolumeReclaimPolicy: 'Retain' }));
  await provision();
  expect((await claim()).spec?.volumeName).toBe('kept');
  await h.api.delete(resources.persistentVolumeClaims, 'data', 'ns');
  await h.settle();
  expect((await volumes()).map(({ metadata, status }) => [metadata.name, status?.phase])).toEqual([['kept', 'Released']]);
});

test('two claims never get the same volume', async () => {
  await h.create(resources.persistentVolumes, volumeOf('only'));
  for (const name of ['a', 'b']) {
    const { spec } = claimOf({ storageClassName: 'manual' });
    await h.create(resources.persistentVolumeClaims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'ns' },
      spec,
    });
  }
  await h.settle();
  const claims = await h.list<PersistentVolumeClaim>(resources.persistentVolumeClaims);
  expect(claims.map(({ status }) => status?.phase).sort()).toEqual(['Bound', 'Pending']);
});

test('a claim whose volume is taken away is lost', async () => {
  await provision();
  const [volume] = await volumes();
  await h.api.patch(resources.persistentVolumes, { name: volume?.metadata.name ?? '' }, 'merge', { metadata: { finalizers: null } });
  await h.api.delete(resources.persistentVolumes, volume?.metadata.name ?? '');
  await h.settle();
  expect((await claim()).status?.phase).toBe('Lost');
  expect(await h.events()).toContain('Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!');
});
