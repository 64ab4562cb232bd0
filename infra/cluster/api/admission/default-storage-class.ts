import type { PersistentVolumeClaim, StorageClass } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import type { ObjectStore } from '../../store/object-store.ts';

const isDefaultKey = 'storageclass.kubernetes.io/is-default-class';
const legacyClassKey = 'volume.beta.kubernetes.io/storage-class';

/** A claim that names no class gets the default one, the youngest where there are several; an empty name asks for none. */
export function applyDefaultStorageClass(store: ObjectStore, object: KubeObject): void {
  const { spec, metadata } = object as PersistentVolumeClaim;
  if (spec === undefined || spec.storageClassName !== undefined || metadata.annotations?.[legacyClassKey] !== undefined) return;
  const defaults = (store.list('storage.k8s.io/storageclasses') as readonly StorageClass[]).filter(
    (entry) => entry.metadata.annotations?.[isDefaultKey] === 'true',
  );
  const [youngest] = [...defaults].sort((a, b) => {
    const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left > right ? -1 : 1;
  });
  if (youngest !== undefined) spec.storageClassName = youngest.metadata.name;
}
