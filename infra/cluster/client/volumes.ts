import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';
import { compareQuantities, parseQuantity } from '../meta/quantity.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';
import { matchesTerm } from './node-affinity.ts';

/** The cluster's own provisioner, which keeps volumes on the disk of the node that first uses them. */
export const provisionerName = 'drillhouse.local/node-local';
/** On a class: there is nobody who makes volumes for it. */
export const noProvisioner = 'kubernetes.io/no-provisioner';
/** On a claim: the node that the scheduler has chosen for the first pod that uses it. */
export const selectedNodeKey = 'volume.kubernetes.io/selected-node';
/** On a volume: who made it and takes it away. */
export const provisionedByKey = 'pv.kubernetes.io/provisioned-by';

/** The names of the claims that a pod uses, all in its own namespace. */
export function claimNamesOf({ spec }: Pod): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** Whether binding waits until a pod that uses the claim is scheduled. */
export function isBindingDelayed(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Whether pods that use the volume may run on the node. */
export function isVolumeOnNode({ spec }: PersistentVolume, node: Node): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

export function isClaimedBy({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const claim = spec?.claimRef;
  if (claim?.name !== metadata.name || claim.namespace !== metadata.namespace) return false;
  return claim.uid === undefined || claim.uid === '' || claim.uid === metadata.uid;
}

/** The smallest free volume that gives a claim all it asks for; with a node, one that can be used there. */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  node: Node | undefined,
): PersistentVolume | undefined {
  const size = (volume: PersistentVolume): bigint => parseQuantity(volume.spec?.capacity?.['storage'] ?? '0').nano;
  const fitting = volumes.filter(
    (volume) =>
      volume.spec?.claimRef === undefined &&
      volume.metadata.deletionTimestamp === undefined &&
      isEnough(volume, claim) &&
      (node === undefined || isVolumeOnNode(volume, node)),
  );
  return fitting.sort((a, b) => (size(a) === size(b) ? compareNames(a, b) : size(a) < size(b) ? -1 : 1))[0];
}

function isEnough({ spec = {}, metadata }: PersistentVolume, { spec: wanted = {} }: PersistentVolumeClaim): boolean {
  const { storageClassName = '', accessModes = [], volumeMode = 'Filesystem', capacity = {} } = spec;
  if (storageClassName !== (wanted.storageClassName ?? '') || volumeMode !== (wanted.volumeMode ?? 'Filesystem')) return false;
  if (!(wanted.accessModes ?? []).every((mode) => accessModes.includes(mode))) return false;
  if (wanted.selector !== undefined && !labelSelectorMatches(wanted.selector, metadata.labels)) return false;
  return compareQuantities(capacity['storage'] ?? '0', wanted.resources?.requests?.['storage'] ?? '0') >= 0;
}

function compareNames(a: PersistentVolume, b: PersistentVolume): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
