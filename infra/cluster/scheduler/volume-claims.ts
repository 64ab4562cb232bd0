import { claimNamesOf, findVolume, isBindingDelayed, isVolumeOnNode, noProvisioner, selectedNodeKey } from '../client/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../meta/generated/types.ts';

/** Claims, volumes and classes as one decision sees them. */
export interface StorageView {
  /** By namespace and name. */
  readonly claim: (namespace: string, name: string) => PersistentVolumeClaim | undefined;
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
}

/** What a pod's claims have to say of where it can run. */
export interface PodClaims {
  readonly bound: readonly PersistentVolume[];
  /** Bound only once the pod has a node. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** The pod's claims, or in the scheduler's words why no node will do before they change. */
export function podClaims(pod: Pod, storage: StorageView): PodClaims | string {
  const bound: PersistentVolume[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  for (const name of claimNamesOf(pod)) {
    const claim = storage.claim(pod.metadata.namespace ?? '', name);
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status?.phase === 'Lost')
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
    const volume = storage.volumes.find(({ metadata }) => metadata.name === claim.spec?.volumeName);
    if (claim.status?.phase === 'Bound' && volume !== undefined) bound.push(volume);
    else if (isDelayed(claim, storage)) delayed.push(claim);
    else return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return { bound, delayed };
}

function isDelayed({ spec }: PersistentVolumeClaim, { classes }: StorageView): boolean {
  return isBindingDelayed(classes.find(({ metadata }) => metadata.name === spec?.storageClassName)) && spec?.volumeName === undefined;
}

/** What a pod's claims have against a node. */
export function claimFault({ bound, delayed }: PodClaims, node: Node, { volumes, classes }: StorageView): string | undefined {
  if (!bound.every((volume) => isVolumeOnNode(volume, node))) return "node(s) didn't match PersistentVolume's node affinity";
  const hasRoom = delayed.every((claim) => {
    const selected = claim.metadata.annotations?.[selectedNodeKey];
    if (selected !== undefined && selected !== node.metadata.name) return false;
    const storageClass = classes.find(({ metadata }) => metadata.name === claim.spec?.storageClassName);
    return storageClass?.provisioner !== noProvisioner || findVolume(claim, volumes, node) !== undefined;
  });
  return hasRoom ? undefined : "node(s) didn't find available persistent volumes to bind";
}
