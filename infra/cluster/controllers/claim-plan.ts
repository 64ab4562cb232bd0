import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';
import {
  claimNamesOf,
  findVolume,
  isBindingDelayed,
  isClaimedBy,
  noProvisioner,
  provisionedByKey,
  provisionerName,
  selectedNodeKey,
} from '../client/volumes.ts';

export const bindCompletedKey = 'pv.kubernetes.io/bind-completed';
/** Where volumes lie on a node's disk, as their objects say; nobody sees the path itself. */
const VOLUMES_FOLDER = '/var/lib/drillhouse/volumes';

/** What claims are bound among. */
export interface VolumeWorld {
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  readonly nodes: readonly Node[];
  /** Of the claim's namespace. */
  readonly pods: readonly Pod[];
}

export type ClaimStep =
  | { readonly kind: 'bind'; readonly volume: PersistentVolume }
  | { readonly kind: 'provision'; readonly volume: PersistentVolume }
  | { readonly kind: 'lost'; readonly reason: string; readonly message: string }
  | { readonly kind: 'wait'; readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string };

/** How a claim comes to its volume, after Kubernetes' persistent volume controller and in its words. */
export function planClaim(claim: PersistentVolumeClaim, world: VolumeWorld): ClaimStep {
  const { volumeName = '' } = claim.spec ?? {};
  if (volumeName !== '') return planNamed(claim, volumeName, world);
  const claimed = world.volumes.find((volume) => isClaimedBy(volume, claim));
  if (claimed !== undefined) return { kind: 'bind', volume: claimed };
  const className = claim.spec?.storageClassName ?? '';
  const storageClass = world.classes.find(({ metadata }) => metadata.name === className);
  const nodeName = claim.metadata.annotations?.[selectedNodeKey];
  if (isBindingDelayed(storageClass) && nodeName === undefined) return waitForConsumer(claim, world.pods);
  const node = world.nodes.find(({ metadata }) => metadata.name === nodeName);
  const free = findVolume(claim, world.volumes, nodeName === undefined ? undefined : node);
  if (free !== undefined) return { kind: 'bind', volume: free };
  if (className === '') {
    return waitFor('Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  }
  if (storageClass === undefined) return waitFor('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  return planProvision(claim, storageClass, nodeName);
}

function planNamed(claim: PersistentVolumeClaim, volumeName: string, { volumes }: VolumeWorld): ClaimStep {
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
  const wasBound = claim.metadata.annotations?.[bindCompletedKey] !== undefined;
  if (volume !== undefined && (volume.spec?.claimRef === undefined || isClaimedBy(volume, claim))) return { kind: 'bind', volume };
  if (volume === undefined) {
    return wasBound
      ? { kind: 'lost', reason: 'ClaimLost', message: 'Bound claim has lost its PersistentVolume. Data on the volume is lost!' }
      : waitFor('Warning', 'FailedBinding', `volume "${volumeName}" not found`);
  }
  return wasBound
    ? { kind: 'lost', reason: 'ClaimMisbound', message: 'Two claims are bound to the same volume, this one is bound incorrectly' }
    : waitFor('Warning', 'FailedBinding', `volume "${volumeName}" already bound to a different claim.`);
}

function waitForConsumer(claim: PersistentVolumeClaim, pods: readonly Pod[]): ClaimStep {
  const names = pods
    .filter((pod) => (pod.spec?.nodeName ?? '') === '' && claimNamesOf(pod).includes(claim.metadata.name))
    .map(({ metadata }) => metadata.name)
    .sort();
  const [first] = names;
  return first === undefined
    ? waitFor('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
    : waitFor('Normal', 'WaitForPodScheduled', `waiting for pod ${first} to be scheduled`);
}

function planProvision(claim: PersistentVolumeClaim, storageClass: StorageClass, nodeName: string | undefined): ClaimStep {
  const { provisioner, metadata } = storageClass;
  if (provisioner === noProvisioner) return waitFor('Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
  if (provisioner !== provisionerName) {
    const message =
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
      'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
    return waitFor('Normal', 'ExternalProvisioning', message);
  }
  const fault = provisionFault(claim, nodeName);
  if (fault === undefined) return { kind: 'provision', volume: volumeFor(claim, storageClass, nodeName ?? '') };
  return waitFor('Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${metadata.name}": ${fault}`);
}

/** What a volume on one node's disk cannot be. */
function provisionFault({ spec = {} }: PersistentVolumeClaim, nodeName: string | undefined): string | undefined {
  if (nodeName === undefined) return 'configuration error, no node was specified';
  const { accessModes = [], selector, volumeMode } = spec;
  if (accessModes.some((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod'))
    return 'only ReadWriteOnce and ReadWriteOncePod access modes are supported';
  if (selector !== undefined) return 'claim.Spec.Selector is not supported';
  return volumeMode === 'Block' ? 'block volumes are not supported' : undefined;
}

function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass, nodeName: string): PersistentVolume {
  const { name, namespace = '', uid = '', resourceVersion = '' } = claim.metadata;
  const { accessModes = [], resources, volumeMode = 'Filesystem' } = claim.spec ?? {};
  const volumeName = `pvc-${uid}`;
  const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [provisionedByKey]: provisionerName } },
    spec: {
      accessModes: [...accessModes],
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode,
      local: { path: `${VOLUMES_FOLDER}/${volumeName}_${namespace}_${name}` },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
    },
  };
}

function waitFor(type: 'Normal' | 'Warning', reason: string, message: string): ClaimStep {
  return { kind: 'wait', type, reason, message };
}
