import type { Ingress, IngressClass, PersistentVolumeClaim, StorageClass } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** A claim that names no class gets the default one, the youngest where there are several; an empty name asks for none. */
export function applyDefaultStorageClass(store: ObjectStore, object: KubeObject): void {
  const { spec, metadata } = object as PersistentVolumeClaim;
  if (spec === undefined || spec.storageClassName !== undefined) return;
  if (metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
  const classes = store.list('storage.k8s.io/storageclasses') as readonly StorageClass[];
  const name = defaultAmong(classes, 'storageclass.kubernetes.io/is-default-class');
  if (name !== undefined) spec.storageClassName = name;
}

/** As for claims; the annotation is how ingresses named their class before there was a field. */
export function applyDefaultIngressClass(store: ObjectStore, object: KubeObject): void {
  const { spec, metadata } = object as Ingress;
  if (spec === undefined || spec.ingressClassName !== undefined) return;
  if (metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
  const classes = store.list('networking.k8s.io/ingressclasses') as readonly IngressClass[];
  const name = defaultAmong(classes, 'ingressclass.kubernetes.io/is-default-class');
  if (name !== undefined) spec.ingressClassName = name;
}

function defaultAmong(classes: readonly KubeObject[], annotation: string): string | undefined {
  const marked = classes.filter(({ metadata }) => metadata.annotations?.[annotation] === 'true');
  const [youngest] = marked.sort((a, b) => {
    const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left > right ? -1 : 1;
  });
  return youngest?.metadata.name;
}
