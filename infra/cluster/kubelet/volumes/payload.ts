import type { ConfigMap, Container, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from '../../meta/generated/types.ts';
import { fieldValue, resourceFieldValue, type PodPlace } from '../field-values.ts';

/** The files of a volume by their path in it. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadFile {
  readonly data: Buffer;
  readonly mode: number;
}

/** A volume that cannot be filled now; the message is Kubernetes' own and goes behind `MountVolume.SetUp failed for volume "x" : `. */
export class VolumeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'VolumeError';
  }
}

export interface ProjectionOptions {
  readonly items: readonly KeyToPath[] | undefined;
  readonly defaultMode: number;
  readonly isOptional: boolean;
}

export function configMapPayload(configMap: ConfigMap | undefined, name: string, options: ProjectionOptions): Payload {
  if (configMap === undefined && !options.isOptional) throw new VolumeError(`configmap "${name}" not found`);
  const content = new Map(Object.entries(configMap?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)]));
  for (const [key, text] of Object.entries(configMap?.binaryData ?? {})) content.set(key, Buffer.from(text, 'base64'));
  return project(content, options, 'configmap references non-existent config key');
}

export function secretPayload(secret: Secret | undefined, name: string, options: ProjectionOptions): Payload {
  if (secret === undefined && !options.isOptional) throw new VolumeError(`secret "${name}" not found`);
  const content = new Map(Object.entries(secret?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
  return project(content, options, 'references non-existent secret key');
}

export function downwardPayload(pod: Pod, items: readonly DownwardAPIVolumeFile[], defaultMode: number, place: PodPlace): Payload {
  const payload = new Map<string, PayloadFile>();
  for (const { path, mode = defaultMode, fieldRef, resourceFieldRef } of items) {
    const value = fieldRef === undefined ? undefined : fieldValue(pod, fieldRef, place);
    const amount = resourceFieldRef === undefined ? undefined : resourceFieldValue(pod, noContainer, resourceFieldRef, place);
    const text = value ?? amount;
    if (text === undefined) throw new VolumeError(`unsupported downward API item for path ${path}`);
    payload.set(safePath(path), { data: Buffer.from(text), mode });
  }
  return payload;
}

const noContainer: Container | undefined = undefined;

/** All keys under their own names, or the given items only; an item whose key is not there is an error unless the source is optional. */
function project(content: ReadonlyMap<string, Buffer>, { items, defaultMode, isOptional }: ProjectionOptions, complaint: string): Payload {
  if (items === undefined || items.length === 0) {
    return new Map([...content].map(([key, data]) => [safePath(key), { data, mode: defaultMode }]));
  }
  const payload = new Map<string, PayloadFile>();
  for (const { key, path, mode = defaultMode } of items) {
    const data = content.get(key);
    if (data !== undefined) payload.set(safePath(path), { data, mode });
    else if (!isOptional) throw new VolumeError(`${complaint}: ${key}`);
  }
  return payload;
}

/** Validation refuses such paths already; writing to the host's files is worth a second look. */
export function safePath(path: string): string {
  const segments = path.split('/');
  const isSafe =
    path !== '' && !path.startsWith('..') && segments.every((segment) => segment !== '' && segment !== '..' && segment !== '.');
  if (!isSafe || path.includes('\0')) throw new VolumeError(`invalid path "${path}"`);
  return path;
}
