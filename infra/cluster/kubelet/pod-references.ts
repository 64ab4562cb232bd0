import type { Pod } from '../meta/generated/types.ts';
import { containersOf, podSpec } from './pod-state.ts';

/** The ConfigMaps and Secrets of its namespace that a pod draws on, as `configmap/name` and `secret/name`. */
export function referencesOf(pod: Pod): ReadonlySet<string> {
  const names = new Set<string>();
  const configMap = (name: string | undefined): void => void names.add(`configmap/${name ?? ''}`);
  const secret = (name: string | undefined): void => void names.add(`secret/${name ?? ''}`);
  for (const { container } of containersOf(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef !== undefined) configMap(configMapRef.name);
      if (secretRef !== undefined) secret(secretRef.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef !== undefined) configMap(valueFrom.configMapKeyRef.name);
      if (valueFrom?.secretKeyRef !== undefined) secret(valueFrom.secretKeyRef.name);
    }
  }
  for (const volume of podSpec(pod).volumes ?? []) {
    if (volume.configMap !== undefined) configMap(volume.configMap.name);
    if (volume.secret !== undefined) secret(volume.secret.secretName);
    for (const source of volume.projected?.sources ?? []) {
      if (source.configMap !== undefined) configMap(source.configMap.name);
      if (source.secret !== undefined) secret(source.secret.name);
    }
  }
  return names;
}
