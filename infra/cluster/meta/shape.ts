import type { JSONSchemaProps } from './generated/types.ts';
import { fieldElement, keyElement, valueElement } from './field-set.ts';
import { structPlan, type FieldPlan, type Plan } from './type-plan.ts';

/** How a value splits into parts that different managers may own. */
export type Shape =
  | { readonly kind: 'leaf' }
  /** A struct or map of which each entry has an owner. `declared` is undefined where any name goes (maps). */
  | { readonly kind: 'fields'; readonly childOf: (name: string) => Shape; readonly isDeclared: (name: string) => boolean }
  /** A list whose items are told apart by some of their fields, or by themselves (no keys). */
  | {
      readonly kind: 'items';
      readonly keys: readonly string[];
      readonly keyDefaults: Readonly<Record<string, unknown>>;
      readonly item: Shape;
    };

const leaf: Shape = { kind: 'leaf' };

const fieldShapes = new WeakMap<FieldPlan, Shape>();
const structShapes = new Map<string, Shape>();

/** The shape of a built-in kind by its key in the type facts. */
export function shapeOfType(typeKey: string): Shape {
  return granularStruct(typeKey);
}

function granularStruct(typeKey: string): Shape {
  const known = structShapes.get(typeKey);
  if (known !== undefined) return known;
  const { fields } = structPlan(typeKey);
  const shape: Shape = {
    kind: 'fields',
    childOf: (name) => {
      const field = fields.get(name);
      return field === undefined ? deducedShape : shapeOfField(field);
    },
    isDeclared: (name) => fields.has(name),
  };
  structShapes.set(typeKey, shape);
  return shape;
}

function shapeOfField(field: FieldPlan): Shape {
  const known = fieldShapes.get(field);
  if (known !== undefined) return known;
  const shape = compileField(field);
  fieldShapes.set(field, shape);
  return shape;
}

function compileField({ plan, fact }: FieldPlan): Shape {
  if (plan.kind === 'list') {
    if (fact.listType === 'map') return listMap(plan.item, fact.listMapKeys ?? []);
    return fact.listType === 'set' ? { kind: 'items', keys: [], keyDefaults: {}, item: leaf } : leaf;
  }
  if (fact.atomic === true) return leaf;
  if (plan.kind === 'struct') return plan.atomic && fact.granular !== true ? leaf : granularStruct(plan.key);
  return shapeOfPlan(plan);
}

function shapeOfPlan(plan: Plan): Shape {
  switch (plan.kind) {
    case 'struct':
      return plan.atomic ? leaf : granularStruct(plan.key);
    case 'map': {
      const value = shapeOfPlan(plan.value);
      return { kind: 'fields', childOf: () => value, isDeclared: () => false };
    }
    default:
      return leaf;
  }
}

function listMap(item: Plan, keys: readonly string[]): Shape {
  const keyDefaults: Record<string, unknown> = {};
  if (item.kind === 'struct') {
    for (const key of keys) {
      const value = item.fields.get(key)?.fact.default;
      if (value !== undefined) keyDefaults[key] = value;
    }
  }
  // Items of a list with keys have fields of their own, even where the type alone would be atomic.
  return { kind: 'items', keys, keyDefaults, item: item.kind === 'struct' && !item.atomic ? granularStruct(item.key) : leaf };
}

/** Of what has no schema: objects split, lists and scalars do not. */
const deducedShape: Shape = { kind: 'fields', childOf: () => deducedShape, isDeclared: () => false };

/** The shape of a custom resource by its schema, with the metadata that all objects have. */
export function shapeOfSchema(schema: JSONSchemaProps | undefined): Shape {
  const body = schema === undefined ? deducedShape : schemaShape(schema);
  const metadata = granularStruct('meta/v1.ObjectMeta');
  return {
    kind: 'fields',
    childOf: (name) => (name === 'metadata' ? metadata : body.kind === 'fields' ? body.childOf(name) : deducedShape),
    isDeclared: (name) => name === 'metadata' || (body.kind === 'fields' && body.isDeclared(name)),
  };
}

function schemaShape(schema: JSONSchemaProps): Shape {
  if (schema.type === 'array') return arrayShape(schema);
  if (schema.type !== undefined && schema.type !== 'object') return leaf;
  if (schema['x-kubernetes-map-type'] === 'atomic') return leaf;
  const { properties = {}, additionalProperties } = schema;
  const others = typeof additionalProperties === 'object' ? schemaShape(additionalProperties) : deducedShape;
  return {
    kind: 'fields',
    childOf: (name) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return property === undefined ? others : schemaShape(property);
    },
    isDeclared: (name) => Object.hasOwn(properties, name),
  };
}

function arrayShape(schema: JSONSchemaProps): Shape {
  const item = Array.isArray(schema.items) ? undefined : schema.items;
  const shape = item === undefined ? deducedShape : schemaShape(item);
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { kind: 'items', keys: [], keyDefaults: {}, item: leaf };
    case 'map':
      return { kind: 'items', keys: schema['x-kubernetes-list-map-keys'] ?? [], keyDefaults: {}, item: shape };
    default:
      return leaf;
  }
}

/**
 * The parts of a value by their path element, in order. Undefined for what has none, which a list with two items of the same keys is
 * too: it is owned whole.
 */
export function partsOf(value: unknown, shape: Shape): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (shape.kind === 'fields' && !Array.isArray(value)) {
    return new Map(Object.entries(value).map(([name, part]) => [fieldElement(name), part]));
  }
  if (shape.kind === 'items' && Array.isArray(value)) {
    const parts = new Map(value.map((item) => [itemElement(item, shape.keys, shape.keyDefaults), item]));
    return parts.size === value.length ? parts : undefined;
  }
  return undefined;
}

function itemElement(item: unknown, keys: readonly string[], defaults: Readonly<Record<string, unknown>>): string {
  if (keys.length === 0) return valueElement(item);
  const fields = (typeof item === 'object' && item !== null ? item : {}) as Readonly<Record<string, unknown>>;
  return keyElement(Object.fromEntries(keys.map((key) => [key, fields[key] ?? defaults[key] ?? null])));
}

/** The shape of one part. */
export function partShape(shape: Shape, element: string): Shape {
  switch (shape.kind) {
    case 'fields':
      return shape.childOf(element.slice(2));
    case 'items':
      return shape.item;
    case 'leaf':
      return leaf;
  }
}
