import { convert, ConversionError, maxDepth } from './convert.ts';
import { pruneBySchema } from './custom-schema.ts';
import { duplicateFields } from './duplicate-keys.ts';
import type { JSONSchemaProps } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { decodeMessage, ProtobufError, readEnvelope } from './protobuf.ts';
import { apiVersionOf, builtInResources, typeNameOf, type KindInfo, type ResourceInfo } from './registry.ts';
import type { StatusError } from './status-error.ts';
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from './status-error.ts';
import { parseYaml, YamlFault } from './yaml-text.ts';

/** What the server does about fields that it does not know: refuse, warn or drop. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Expected {
  /** The resource that is written; a bare KindInfo for bodies that are no resource, such as DeleteOptions. */
  readonly info: KindInfo | ResourceInfo;
  /** The body is of the subresource's kind, e.g. Scale for `scale`. */
  readonly subresource?: string;
}

export interface Decoded<T = KubeObject> {
  readonly object: T;
  /** For Warning headers; only with `Warn`. */
  readonly warnings: string[];
}

export const mediaTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
} as const;

/** Bodies that are no resource of their own. Clients send them under the version of the resource or under v1. */
export const deleteOptionsKind: KindInfo = { group: '', version: 'v1', kind: 'DeleteOptions', typeName: 'meta/v1.DeleteOptions' };

const anyVersion = new Set(['meta/v1.DeleteOptions']);

/** etcd's own limit on requests, with which Kubernetes bounds bodies: 3 MiB. */
const maxBodyBytes = 3 * 1024 * 1024;

/**
 * Reads a request body into the canonical form of the expected kind. Throws a StatusError (400, 413 or 415) with the API server's words
 * and nothing else, whatever the bytes are.
 */
export function decodeObject<T extends object = KubeObject>(
  bytes: Buffer,
  contentType: string,
  expected: Expected,
  fieldValidation: FieldValidation,
): Decoded<T> {
  if (bytes.length > maxBodyBytes) throw requestEntityTooLarge(`limit is ${maxBodyBytes}`);
  const kind = expectedKind(expected);
  const body = readBody(bytes, contentType, kind, fieldValidation !== 'Ignore');
  const said = typeSaid(body.value, kind);
  checkType(said, kind);
  return finish(convertBody(body.value, kind, said), body.duplicates, { kind, said, fieldValidation });
}

/**
 * Brings an object that was made here, by a patch or by a controller, to the canonical form of its kind, as decoding would. Throws a
 * StatusError that reads as the server's about a patched object.
 */
export function convertStrict<T extends object = KubeObject>(object: object, kind: KindInfo, fieldValidation: FieldValidation): Decoded<T> {
  const said = typeSaid(object, kind);
  return finish(convertBody(object, kind, said), [], { kind, said, fieldValidation });
}

/** The kind that a body for this resource or subresource must be of. */
export function expectedKind({ info, subresource }: Expected): KindInfo {
  if (subresource === undefined || !('subresources' in info)) return info;
  const sub = info.subresources.find(({ name }) => name === subresource);
  // A custom resource's status is written as the whole object.
  return sub === undefined || (info.typeName === undefined && sub.kind === info.kind) ? info : sub;
}

interface Body {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

function readBody(bytes: Buffer, contentType: string, kind: KindInfo, findDuplicates: boolean): Body {
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  switch (mediaType) {
    case '':
    case mediaTypes.json:
      return readJson(bytes, kind, findDuplicates);
    case mediaTypes.yaml:
      return readYaml(bytes, kind);
    case mediaTypes.protobuf:
      return { value: readProtobuf(bytes, kind), duplicates: [] };
    default:
      throw unsupportedMediaType(Object.values(mediaTypes));
  }
}

function readJson(bytes: Buffer, kind: KindInfo, findDuplicates: boolean): Body {
  const text = bytes.toString('utf8');
  const value = parseJson(text, (reason) => unrecognised(kind, `couldn't get version/kind; json parse error: ${reason}`, text));
  if (exceedsDepth(value, maxDepth)) throw unrecognised(kind, "couldn't get version/kind; json parse error: exceeded max depth", text);
  return { value, duplicates: findDuplicates ? duplicateFields(text, value) : [] };
}

function parseJson(text: string, fault: (reason: string) => StatusError): unknown {
  if (text === '') throw fault('unexpected end of JSON input');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fault(goSyntaxMessage(text, error));
  }
}

/** JSON.parse says where it stopped; Go says at which character. */
function goSyntaxMessage(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(String(error))?.[1];
  // What stands at the very beginning Node names without a position.
  const character = position === undefined ? /^SyntaxError: Unexpected token '(.)'/s.exec(String(error))?.[1] : text[Number(position)];
  if (character === undefined) return 'unexpected end of JSON input';
  return `invalid character '${character}' looking for beginning of value`;
}

function readYaml(bytes: Buffer, kind: KindInfo): Body {
  const text = bytes.toString('utf8');
  try {
    const body = parseYaml(text);
    if (exceedsDepth(body.value, maxDepth)) throw new YamlFault('yaml: exceeded max depth');
    return body;
  } catch (error) {
    if (error instanceof YamlFault)
      throw unrecognised(kind, `couldn't get version/kind; json parse error: error converting YAML to JSON: ${error.message}`, text);
    throw error;
  }
}

function readProtobuf(bytes: Buffer, kind: KindInfo): unknown {
  try {
    const envelope = readEnvelope(bytes);
    const said = { apiVersion: envelope.apiVersion, kind: envelope.kind };
    if (kind.typeName === undefined) throw unsupportedMediaType([mediaTypes.json, mediaTypes.yaml]);
    // What is not the expected kind is refused by name, before its fields are read as if it were.
    if (envelope.kind !== '' && envelope.kind !== kind.kind) return said;
    return { ...decodeMessage(envelope.raw, kind.typeName), ...said };
  } catch (error) {
    if (error instanceof ProtobufError)
      throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${error.message}`);
    throw error;
  }
}

interface Said {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the body says it is; where it says nothing, what it is expected to be. */
function typeSaid(value: unknown, kind: KindInfo): Said {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const shown = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    const fault = `json: cannot unmarshal ${shown} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw unrecognised(kind, `couldn't get version/kind; json parse error: ${fault}`, JSON.stringify(value));
  }
  const { apiVersion, kind: name } = value as { apiVersion?: unknown; kind?: unknown };
  return {
    apiVersion: typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : apiVersionOf(kind),
    kind: typeof name === 'string' && name !== '' ? name : kind.kind,
  };
}

function checkType(said: Said, kind: KindInfo): void {
  const wanted = apiVersionOf(kind);
  if (kind.typeName !== undefined && anyVersion.has(kind.typeName) && said.kind === kind.kind) return;
  if (said.kind !== kind.kind) throw cannotBeHandled(said, kind, wrongKindReason(said, kind));
  if (said.apiVersion !== wanted) {
    throw badRequest(`the API version in the data (${said.apiVersion}) does not match the expected API version (${wanted})`);
  }
}

function wrongKindReason(said: Said, kind: KindInfo): string {
  const known = builtInResources.some((info) => info.kind === said.kind && apiVersionOf(info) === said.apiVersion);
  if (!known)
    return `no kind ${JSON.stringify(said.kind)} is registered for version ${JSON.stringify(said.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  const internal = kind.group === '' ? 'core' : (kind.group.split('.')[0] ?? '');
  return `converting (${versionOf(said.apiVersion)}.${said.kind}) to (${internal}.${kind.kind}): unknown conversion`;
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

function cannotBeHandled(said: Said, kind: KindInfo, reason: string): StatusError {
  return badRequest(`${said.kind} in version ${JSON.stringify(versionOf(said.apiVersion))} cannot be handled as a ${kind.kind}: ${reason}`);
}

function unrecognised(kind: KindInfo, reason: string, text: string): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${reason} (${summaryOf(text)})`);
}

function summaryOf(text: string): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text);
  const start = bytes.subarray(0, 30).toString(text.startsWith('{') ? 'utf8' : 'hex');
  return bytes.length > 30 ? `${start} ...` : start;
}

function convertBody(value: unknown, kind: KindInfo, said: Said): { value: Record<string, unknown>; unknownFields: readonly string[] } {
  try {
    if (kind.typeName !== undefined) return convert(value, kind.typeName);
    return convertCustom(value as Record<string, unknown>, schemaOf(kind));
  } catch (error) {
    if (error instanceof ConversionError) throw cannotBeHandled(said, kind, error.message);
    throw error;
  }
}

function schemaOf(kind: KindInfo | ResourceInfo): JSONSchemaProps | undefined {
  return 'schema' in kind ? kind.schema : undefined;
}

/** A custom object: its metadata is typed; of the rest stays what its schema names. */
function convertCustom(
  value: Record<string, unknown>,
  schema: JSONSchemaProps | undefined,
): { value: Record<string, unknown>; unknownFields: readonly string[] } {
  const { metadata, unknownFields } = customMetadata(value['metadata']);
  const whole = { ...value, metadata };
  if (schema === undefined) return { value: whole, unknownFields };
  const pruned = pruneBySchema(whole, schema);
  return { value: pruned.value, unknownFields: [...unknownFields, ...pruned.unknown.map((path) => `unknown field "${path}"`)] };
}

function customMetadata(metadata: unknown): { metadata: Record<string, unknown>; unknownFields: readonly string[] } {
  const converted = convert({ metadata }, 'meta/v1.PartialObjectMetadata');
  return { metadata: converted.value['metadata'] as Record<string, unknown>, unknownFields: converted.unknownFields };
}

interface Context {
  readonly kind: KindInfo;
  readonly said: Said;
  readonly fieldValidation: FieldValidation;
}

function finish<T extends object>(
  { value, unknownFields }: { value: Record<string, unknown>; unknownFields: readonly string[] },
  duplicates: readonly string[],
  { kind, said, fieldValidation }: Context,
): Decoded<T> {
  const faults = fieldValidation === 'Ignore' ? [] : [...duplicates, ...unknownFields];
  if (faults.length > 0 && fieldValidation === 'Strict') throw cannotBeHandled(said, kind, `strict decoding error: ${faults.join(', ')}`);
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = value;
  const object = { kind: kind.kind, apiVersion: said.apiVersion, ...(metadata !== undefined && { metadata }), ...rest };
  return { object: object as unknown as T, warnings: faults };
}

function exceedsDepth(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  return Object.values(value).some((item) => exceedsDepth(item, left - 1));
}

/** The kind of a body that is created under no resource of its own, e.g. `policy/v1` Eviction. */
export function kindInfo(group: string, version: string, kind: string): KindInfo {
  const typeName = typeNameOf(group, version, kind);
  return { group, version, kind, ...(typeName !== undefined && { typeName }) };
}
