import { descriptionsJson } from './generated/descriptions.ts';
import type { ResourceInfo } from './registry.ts';
import { planOf, structPlan, type FieldPlan, type Plan, type ScalarPlan, type StructPlan } from './type-plan.ts';

/** A schema of OpenAPI 3.0, as far as Kubernetes uses it. */
export type Schema = Record<string, unknown>;

/** Prose by type; read once, on the first document. */
let descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;

function descriptionOf(type: string, field = ''): string | undefined {
  descriptions ??= JSON.parse(descriptionsJson) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  return descriptions[type]?.[field];
}

/** What the documents say of the fields that every object has: the same for all kinds. */
export function objectFieldDescription(field: 'apiVersion' | 'kind' | 'metadata'): { description?: string } {
  const description = descriptionOf('core/v1.ConfigMap', field);
  return description === undefined ? {} : { description };
}

const packages: readonly (readonly [RegExp, string])[] = [
  [/^meta\/(\w+)\./, 'io.k8s.apimachinery.pkg.apis.meta.$1.'],
  [/^apiextensions\.k8s\.io\/(\w+)\./, 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.$1.'],
  [/^metrics\.k8s\.io\/(\w+)\./, 'io.k8s.metrics.pkg.apis.metrics.$1.'],
  [/^([\w-]+)(?:\.[\w.-]+)?\/(\w+)\./, 'io.k8s.api.$1.$2.'],
  [/^resource\.Quantity$/, 'io.k8s.apimachinery.pkg.api.resource.Quantity'],
  [/^intstr\.IntOrString$/, 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'],
  [/^runtime\.RawExtension$/, 'io.k8s.apimachinery.pkg.runtime.RawExtension'],
];

/** `apps/v1.Deployment` becomes `io.k8s.api.apps.v1.Deployment`. */
export function schemaName(type: string): string {
  const rule = packages.find(([pattern]) => pattern.test(type));
  return rule === undefined ? type : type.replace(rule[0], rule[1]);
}

export function schemaReference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Scalars that have a schema of their own, by their key in the type facts. */
const scalarSchemas: Readonly<Record<string, Schema>> = {
  'meta/v1.Time': { type: 'string', format: 'date-time' },
  'meta/v1.MicroTime': { type: 'string', format: 'date-time' },
  'meta/v1.Duration': { type: 'string' },
  'meta/v1.FieldsV1': { type: 'object' },
  'resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'intstr.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'runtime.RawExtension': { type: 'object' },
  'apiextensions.k8s.io/v1.JSON': {},
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrArray': {},
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrBool': {},
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray': {},
};

/**
 * The schemas of all types that the given ones reach, by their names in the documents. Kinds carry their group, version and kind, by
 * which kubectl finds them.
 */
export class SchemaCollector {
  readonly schemas: Record<string, Schema> = {};

  /** Adds a type and what it refers to; comes back with its name. */
  add(type: string, gvks: readonly { group: string; version: string; kind: string }[] = []): string {
    const name = schemaName(type);
    if (this.schemas[name] === undefined) {
      this.schemas[name] = {};
      this.schemas[name] = scalarSchemas[type] ?? this.#struct(structPlan(type));
    }
    if (gvks.length > 0) this.schemas[name]['x-kubernetes-group-version-kind'] = gvks;
    return name;
  }

  #struct(plan: StructPlan): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const [name, field] of [...plan.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
      properties[name] = this.#field(plan, field);
      if (field.fact.required === true) required.push(name);
    }
    const description = descriptionOf(plan.key);
    return {
      ...(description !== undefined && { description }),
      type: 'object',
      ...(required.length > 0 && { required }),
      ...(plan.fields.size > 0 && { properties }),
      ...(plan.atomic && { 'x-kubernetes-map-type': 'atomic' }),
    };
  }

  #field(owner: StructPlan, field: FieldPlan): Schema {
    const { fact, plan, name } = field;
    const values = plan.kind === 'string' ? plan.values : undefined;
    const description = [descriptionOf(owner.key, name) ?? '', values === undefined ? '' : enumText(values)].filter((part) => part !== '');
    return {
      ...(description.length > 0 && { description: description.join('\n\n') }),
      ...this.#type(plan, fact.type),
      ...defaultOf(field),
      ...(fact.listType !== undefined && { 'x-kubernetes-list-type': fact.listType }),
      ...(fact.listMapKeys !== undefined && { 'x-kubernetes-list-map-keys': fact.listMapKeys }),
      ...(fact.atomic === true && { 'x-kubernetes-map-type': 'atomic' }),
      ...(fact.patchStrategy !== undefined && { 'x-kubernetes-patch-strategy': fact.patchStrategy }),
      ...(fact.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': fact.patchMergeKey }),
    };
  }

  #type(plan: Plan, type: string): Schema {
    switch (plan.kind) {
      case 'struct':
        return { allOf: [schemaReference(this.add(plan.key))] };
      case 'list': {
        const item = type.startsWith('[]') ? type.slice(2) : 'string';
        return { type: 'array', items: { ...this.#type(plan.item, item), ...zeroOf(plan.item) } };
      }
      case 'map': {
        const value = type.replace(/^map\[[^\]]+\]/, '');
        return {
          type: 'object',
          additionalProperties: { ...this.#type(plan.value, value === type ? valueTypeOf(type) : value), ...zeroOf(plan.value) },
        };
      }
      default:
        return this.#scalar(plan, type);
    }
  }

  #scalar(plan: ScalarPlan, type: string): Schema {
    switch (plan.kind) {
      case 'string':
        return { type: 'string', ...(plan.values !== undefined && { enum: plan.values }) };
      case 'bool':
        return { type: 'boolean' };
      case 'int':
        return { type: 'integer', format: `int${plan.bits}` };
      case 'float':
        return { type: 'number', format: plan.goType === 'float32' ? 'float' : 'double' };
      case 'bytes':
        return { type: 'string', format: 'byte' };
      default:
        return { allOf: [schemaReference(this.add(type))] };
    }
  }
}

/** Named maps: only resource lists and schemas by name. */
function valueTypeOf(type: string): string {
  return type.endsWith('.ResourceList') ? 'resource.Quantity' : planKeyOf(type);
}

function planKeyOf(type: string): string {
  const plan = planOf(type);
  const value = plan.kind === 'map' ? plan.value : plan;
  return value.kind === 'struct' ? value.key : 'apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray';
}

function enumText(values: readonly string[]): string {
  return `Possible enum values:\n${values.map((value) => ` - \`"${value}"\``).join('\n')}`;
}

/** What the document shows as default: the declared one, or the zero of what must be there and is no pointer. */
function defaultOf(field: FieldPlan): Schema {
  if (field.fact.default !== undefined) return { default: field.fact.default };
  if (field.pointer) return {};
  if (field.plan.kind === 'struct') return { default: {} };
  return field.omitEmpty ? {} : zeroOf(field.plan);
}

function zeroOf(plan: Plan): Schema {
  switch (plan.kind) {
    case 'struct':
    case 'quantity':
      return { default: {} };
    case 'string':
      return { default: '' };
    case 'int':
    case 'float':
      return { default: 0 };
    case 'bool':
      return { default: false };
    default:
      return {};
  }
}

/** Name of the schema of a kind: of a built-in one by its type, of a custom one by its group, turned round. */
export function kindSchemaName(info: Pick<ResourceInfo, 'group' | 'version' | 'kind' | 'typeName'>, kind = info.kind): string {
  if (info.typeName !== undefined) return schemaName(info.typeName.slice(0, info.typeName.lastIndexOf('.') + 1) + kind);
  return [...info.group.split('.').reverse(), info.version, kind].join('.');
}
