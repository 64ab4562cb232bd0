import { sparse } from './convert.ts';
import { compareFields, fieldsOf } from './field-ownership.ts';
import { difference, emptySet, type FieldSet } from './field-set.ts';
import { goJson } from './go-format.ts';
import type { KubeObject } from './kube-object.ts';
import type { ResourceInfo } from './registry.ts';
import type { Shape } from './shape.ts';

/** Where `kubectl apply` without `--server-side` keeps what it applied last. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Only kubectl's own server-side apply carries on what its client-side apply began; other managers opt out by their name. */
const heir = 'kubectl';

/**
 * Fields that kubectl's server-side apply may take without a conflict, because its client-side apply was the last to set them: they are
 * in the annotation and the live object still has their values.
 */
export function inheritedFields(
  live: KubeObject | undefined,
  manager: string,
  info: Pick<ResourceInfo, 'typeName'>,
  shape: Shape,
): FieldSet {
  const text = live?.metadata.annotations?.[annotation];
  if (live === undefined || manager !== heir || text === undefined || text === '') return emptySet;
  const last = parse(text);
  if (last?.apiVersion !== live.apiVersion || last.kind !== live.kind) return emptySet;
  const typed = info.typeName === undefined ? last : sparse(last, info.typeName).value;
  const { changed, removed } = compareFields(typed, live, shape);
  return difference(difference(fieldsOf(typed, shape), changed), removed);
}

/** The merged object with the annotation, where it has one, brought up to what kubectl applied now: a later client-side apply goes on from there. */
export function withLastApplied(merged: KubeObject, applied: KubeObject, manager: string): KubeObject {
  const { annotations } = merged.metadata;
  if (manager !== heir || (annotations?.[annotation] ?? '') === '') return merged;
  const { managedFields: _managedFields, annotations: said, ...metadata } = applied.metadata;
  const { [annotation]: _last, ...others } = said ?? {};
  const configuration = { ...applied, metadata: { ...metadata, ...(said !== undefined && { annotations: others }) } };
  return { ...merged, metadata: { ...merged.metadata, annotations: { ...annotations, [annotation]: `${goJson(configuration)}\n` } } };
}

/** Whatever somebody else wrote into the annotation is no reason to refuse an apply. */
function parse(text: string): KubeObject | undefined {
  try {
    const value = JSON.parse(text) as KubeObject | null;
    return value === null || typeof value !== 'object' ? undefined : value;
  } catch {
    return undefined;
  }
}
