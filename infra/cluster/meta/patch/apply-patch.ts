import { convert, ConversionError } from '../convert.ts';
import { convertStrict, type Decoded, type FieldValidation } from '../decode.ts';
import { invalid as invalidField } from '../field-error.ts';
import type { KubeObject, PatchKind } from '../kube-object.ts';
import type { KindInfo } from '../registry.ts';
import { badRequest, invalid, requestEntityTooLarge, unsupportedMediaType } from '../status-error.ts';
import { structPlan } from '../type-plan.ts';
import { parseYaml, YamlFault } from '../yaml-text.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicPatch, StrategicPatchError } from './strategic-patch.ts';

/** The kinds that change an object as they say, in contrast to server-side apply, which also asks who owns what. */
export type PlainPatchKind = Exclude<PatchKind, 'apply'>;

export const patchMediaTypes: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

const maxPatchBytes = 3 * 1024 * 1024;

/** Reads the body of a PATCH. An apply patch may be YAML, the others are JSON. */
export function parsePatch(kind: PatchKind, bytes: Buffer): unknown {
  if (bytes.length > maxPatchBytes) throw requestEntityTooLarge(`limit is ${maxPatchBytes}`);
  const text = bytes.toString('utf8');
  try {
    return kind === 'apply' ? readApplied(text) : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof YamlFault) throw badRequest(`error decoding YAML: ${error.message}`);
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : 'not JSON'}`);
  }
}

/** Clients send JSON under YAML's name, and that is read in a hundredth of the time. */
function readApplied(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parseYaml(text).value;
  }
}

/**
 * The object that the patch makes of `current`, which stays as it is. The result is not yet of canonical form: give it to
 * {@link decodePatched}. Throws a StatusError for what cannot be applied.
 */
export function applyPatch(kind: PlainPatchKind, current: KubeObject, patch: unknown, info: KindInfo): KubeObject {
  switch (kind) {
    case 'json':
      return applyJsonPatch(current, patch) as KubeObject;
    case 'merge':
      return applyMergePatch(current, requireObject(patch)) as KubeObject;
    case 'strategic':
      return strategic(
        current,
        requireObject(patch, `json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`),
        info,
      );
  }
}

function strategic(current: KubeObject, patch: Record<string, unknown>, info: KindInfo): KubeObject {
  if (info.typeName === undefined) {
    throw unsupportedMediaType(Object.keys(patchMediaTypes).filter((type) => patchMediaTypes[type] !== 'strategic'));
  }
  try {
    return applyStrategicPatch(current as unknown as Record<string, unknown>, patch, structPlan(info.typeName)) as unknown as KubeObject;
  } catch (error) {
    if (error instanceof StrategicPatchError) throw badRequest(error.message);
    throw error;
  }
}

function requireObject(patch: unknown, fault = 'Invalid JSON Patch'): Record<string, unknown> {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) throw badRequest(fault);
  return patch as Record<string, unknown>;
}

/** What encoding/json calls a value. */
function goKind(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/**
 * Brings a patched object to the canonical form of its kind. Faults read as the server's about patches: an Invalid error of the field
 * `patch`, which shows the patched object (JSON patches) or the patch (others).
 */
export function decodePatched<T extends object = KubeObject>(
  kind: PlainPatchKind,
  patched: KubeObject,
  patch: unknown,
  { info, fieldValidation }: { readonly info: KindInfo; readonly fieldValidation: FieldValidation },
): Decoded<T> {
  if (info.typeName === undefined) return convertStrict(patched, info, fieldValidation);
  const shown = (): string => (kind === 'strategic' ? goText(patch) : JSON.stringify(patched));
  try {
    const { unknownFields } = convert(patched, info.typeName);
    if (unknownFields.length > 0 && fieldValidation === 'Strict') {
      throw invalidPatch(shown(), `strict decoding error: ${unknownFields.join(', ')}`);
    }
  } catch (error) {
    if (error instanceof ConversionError) throw invalidPatch(shown(), (kind === 'strategic' ? error.untyped : undefined) ?? error.message);
    throw error;
  }
  return convertStrict(patched, info, fieldValidation === 'Strict' ? 'Ignore' : fieldValidation);
}

function invalidPatch(shown: string, reason: string): Error {
  return invalid({ group: '', kind: '' }, '', [invalidField('patch', shown, reason)]);
}

/** A value as Go's `%+v` prints it: `map[spec:map[replicas:1]]`. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
}
