import type { JSONSchemaProps } from './generated/types.ts';

type Fields = Record<string, unknown>;

/** Fields that every object has, of custom kinds and of those embedded in them; the schema does not decide of them. */
const objectFields = new Set(['apiVersion', 'kind', 'metadata']);

export interface Pruned {
  readonly value: Fields;
  /** Paths of what was left out, sorted, e.g. `spec.parts[0].colour`. */
  readonly unknown: readonly string[];
}

/** The object without the fields that its structural schema does not name. The object given is not changed. */
export function pruneBySchema(object: Fields, schema: JSONSchemaProps): Pruned {
  const unknown: string[] = [];
  const value = pruneObject(object, { ...schema, 'x-kubernetes-embedded-resource': true }, '', unknown);
  return { value, unknown: unknown.sort() };
}

function prune(value: unknown, schema: JSONSchemaProps, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const item = itemSchema(schema);
    return item === undefined ? value : value.map((one, index) => prune(one, item, `${path}[${index}]`, unknown));
  }
  return isFields(value) ? pruneObject(value, schema, path, unknown) : value;
}

function pruneObject(value: Fields, schema: JSONSchemaProps, path: string, unknown: string[]): Fields {
  const kept: Fields = {};
  const isResource = schema['x-kubernetes-embedded-resource'] === true;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  for (const [name, item] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const property = propertySchema(schema, name);
    if (isResource && objectFields.has(name)) kept[name] = item;
    else if (property !== undefined) setField(kept, name, prune(item, property, at, unknown));
    else if (keepsUnknown) setField(kept, name, item);
    else unknown.push(at);
  }
  return kept;
}

/**
 * Fills in the defaults of a structural schema, in place: for fields that are absent, and for nulls in fields that may not be null.
 * Applying them again changes nothing.
 */
export function defaultBySchema(object: object, schema: JSONSchemaProps): void {
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  defaultValue(object, { ...schema, properties });
}

function defaultValue(value: unknown, schema: JSONSchemaProps): void {
  if (Array.isArray(value)) {
    const item = itemSchema(schema);
    if (item !== undefined) for (const one of value) defaultValue(one, item);
    return;
  }
  if (!isFields(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const present = Object.hasOwn(value, name) ? value[name] : undefined;
    const isMissing = present === undefined || (present === null && property.nullable !== true);
    if (isMissing && property.default !== undefined) setField(value, name, structuredClone(property.default));
  }
  for (const [name, item] of Object.entries(value)) {
    const property = propertySchema(schema, name);
    if (property !== undefined) defaultValue(item, property);
  }
}

/** The schema of one field: its own, or that of all fields of a map. */
export function propertySchema({ properties, additionalProperties }: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

export function itemSchema({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return Array.isArray(items) ? items[0] : items;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field may be called `__proto__`. */
function setField(fields: Fields, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}
