import { typeFacts, type FieldFact } from './type-facts.ts';

/**
 * Types compiled for use at run time: each is resolved once, on first use, and then shared by decoding, patches, managed fields and
 * the OpenAPI documents.
 */
export type Plan = ScalarPlan | ListPlan | MapPlan | StructPlan;

export interface ScalarPlan {
  readonly kind:
    | 'string'
    | 'bool'
    | 'int'
    | 'float'
    | 'bytes'
    | 'time'
    | 'microTime'
    | 'duration'
    | 'quantity'
    | 'intOrString'
    | 'fieldsV1'
    /** Any JSON object (runtime.RawExtension). */
    | 'raw'
    /** Any JSON value. */
    | 'json'
    | 'schemaOrArray'
    | 'schemaOrBool'
    | 'schemaOrStringArray';
  /** As Go's reflect prints it, e.g. `v1.PullPolicy`. */
  readonly goType: string;
  /** Of integers: 32 or 64. */
  readonly bits: number;
  /** Values of a closed string enum. */
  readonly values?: readonly string[];
}

export interface ListPlan {
  readonly kind: 'list';
  readonly goType: string;
  readonly item: Plan;
  /** A named slice, which protobuf wraps in a message. */
  readonly wrapped: boolean;
}

export interface MapPlan {
  readonly kind: 'map';
  readonly goType: string;
  readonly value: Plan;
}

export interface StructPlan {
  readonly kind: 'struct';
  readonly goType: string;
  /** Key in the type facts. */
  readonly key: string;
  /** Without the package, as errors name it: `DeploymentSpec`. */
  readonly goName: string;
  readonly atomic: boolean;
  /** All JSON fields, those of embedded structs among them. */
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** What stands in the JSON even when it was never set: plain structs and fields without omitempty. */
  readonly always: readonly FieldPlan[];
  /** By protobuf number. */
  readonly byNumber: ReadonlyMap<number, FieldPlan>;
}

export interface FieldPlan {
  readonly name: string;
  readonly plan: Plan;
  readonly fact: FieldFact;
  /** Embedded structs appear only in `byNumber`: their message's fields belong to the parent. */
  readonly inline: boolean;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
}

const plans = new Map<string, Plan>();

/** The plan of a struct by its key, e.g. `core/v1.Pod`. Throws on an unknown one, which is a fault of the caller. */
export function structPlan(key: string): StructPlan {
  const plan = planOf(key);
  if (plan.kind !== 'struct') throw new Error(`${key} is not a struct`);
  return plan;
}

const scalars: Readonly<Record<string, { kind: ScalarPlan['kind']; bits?: number }>> = {
  string: { kind: 'string' },
  bool: { kind: 'bool' },
  int32: { kind: 'int', bits: 32 },
  int64: { kind: 'int', bits: 64 },
  float32: { kind: 'float' },
  float64: { kind: 'float' },
  '[]byte': { kind: 'bytes' },
  'meta/v1.Time': { kind: 'time' },
  'meta/v1.MicroTime': { kind: 'microTime' },
  'meta/v1.Duration': { kind: 'duration' },
  'meta/v1.FieldsV1': { kind: 'fieldsV1' },
  'resource.Quantity': { kind: 'quantity' },
  'intstr.IntOrString': { kind: 'intOrString' },
  'runtime.RawExtension': { kind: 'raw' },
  'apiextensions.k8s.io/v1.JSON': { kind: 'json' },
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrArray': { kind: 'schemaOrArray' },
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrBool': { kind: 'schemaOrBool' },
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray': { kind: 'schemaOrStringArray' },
};

/** The plan of any type as the facts spell it. */
export function planOf(type: string): Plan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const plan = compile(type);
  // A struct registers itself before its fields are compiled, for it may contain itself.
  plans.set(type, plan);
  return plan;
}

function compile(type: string): Plan {
  const scalar = scalars[type];
  if (scalar !== undefined) return { kind: scalar.kind, goType: goTypeOf(type), bits: scalar.bits ?? 0 };
  if (type.startsWith('[]')) return { kind: 'list', goType: goTypeOf(type), item: planOf(type.slice(2)), wrapped: false };
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  if (map) return { kind: 'map', goType: goTypeOf(type), value: planOf(map[1] ?? '') };
  const named = typeFacts.named[type];
  if (named !== undefined) return compileNamed(type, named.type, named.values);
  return compileStruct(type);
}

function compileNamed(type: string, underlying: string, values?: readonly string[]): Plan {
  const plan = compile(underlying);
  const goType = goTypeOf(type);
  if (plan.kind === 'list') return { ...plan, goType, wrapped: true };
  if (plan.kind === 'struct') return plan;
  return { ...plan, goType, ...(values !== undefined && { values }) };
}

function compileStruct(key: string): StructPlan {
  const fact = typeFacts.structs[key];
  if (fact === undefined) throw new Error(`unknown type ${key}`);
  const fields = new Map<string, FieldPlan>();
  const byNumber = new Map<number, FieldPlan>();
  const always: FieldPlan[] = [];
  const plan: StructPlan = {
    kind: 'struct',
    key,
    goType: goTypeOf(key),
    goName: key.slice(key.lastIndexOf('.') + 1),
    atomic: fact.atomic === true,
    fields,
    byNumber,
    always,
  };
  plans.set(key, plan);
  for (const [name, field] of Object.entries(fact.fields)) {
    const fieldPlan = compileField(name, field);
    if (field.number !== undefined) byNumber.set(field.number, fieldPlan);
    if (!fieldPlan.inline) {
      fields.set(name, fieldPlan);
      if (isAlways(fieldPlan)) always.push(fieldPlan);
      continue;
    }
    const embedded = structPlan(field.type);
    for (const [inner, innerPlan] of embedded.fields) fields.set(inner, innerPlan);
    always.push(...embedded.always);
  }
  return plan;
}

function compileField(name: string, fact: FieldFact): FieldPlan {
  return {
    name,
    fact,
    plan: planOf(fact.type),
    inline: fact.inline === true,
    pointer: fact.pointer === true,
    omitEmpty: fact.omitEmpty === true,
  };
}

/** Structs to encoding/json, in which `omitempty` never leaves anything out. */
const structLike = new Set<Plan['kind']>(['struct', 'time', 'microTime', 'duration', 'quantity', 'intOrString', 'raw', 'json', 'fieldsV1']);

/** Marked `omitzero`, so that a zero is left out although it is a struct. */
const omitZero = new Set(['creationTimestamp']);

function isAlways(field: FieldPlan): boolean {
  // Go writes a nil pointer without omitempty as null; readers in JavaScript are better off without such a field.
  if (omitZero.has(field.name) || field.pointer) return false;
  if (!field.omitEmpty) return true;
  // A raw extension without content would be written as null; nobody reads that, so it is left out.
  return structLike.has(field.plan.kind) && field.plan.kind !== 'raw' && field.plan.kind !== 'duration';
}

/** `[]core/v1.Container` as Go prints it: `[]v1.Container`. */
function goTypeOf(type: string): string {
  if (type === '[]byte') return '[]uint8';
  return type.replace(/(?:[\w.-]+\/)(v\w+)\./g, '$1.').replace(/apiextensions\.k8s\.io\//g, '');
}
