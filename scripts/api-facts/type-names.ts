/** One field as `facts/fields.json` records it from the Go declarations. */
export interface FieldFact {
  readonly type: string;
  readonly inline?: boolean;
  readonly n?: number;
  readonly pointer?: boolean;
  readonly omitempty?: boolean;
  readonly optional?: boolean;
  readonly required?: boolean;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly structType?: string;
  readonly default?: string;
}

export interface PackageFacts {
  readonly aliases: Readonly<Record<string, { readonly base: string; readonly values?: readonly string[] }>>;
  readonly types: Readonly<Record<string, { readonly fields: Readonly<Record<string, FieldFact>> }>>;
}

/** By Go package, e.g. `core/v1`. */
export type FieldFacts = Readonly<Record<string, PackageFacts>>;

/** Adds what `fields.json` names but does not list: two structs, and the cells of a Table, whose type is any. */
export function completed(facts: FieldFacts): FieldFacts {
  const field = (n: number): FieldFact => ({ type: 'string', n });
  const row = facts['meta/v1']?.types['TableRow']?.fields;
  return withTypes(
    withTypes(facts, 'meta/v1', {
      GroupVersionKind: { fields: { group: field(1), version: field(2), kind: field(3) } },
      TableRow: { fields: { cells: { type: '[]runtime.RawExtension' }, ...row } },
    }),
    'apiextensions.k8s.io/v1',
    { CustomResourceSubresourceStatus: { fields: {} } },
  );
}

function withTypes(facts: FieldFacts, packageName: string, types: PackageFacts['types']): FieldFacts {
  const old = facts[packageName];
  return { ...facts, [packageName]: { aliases: old?.aliases ?? {}, types: { ...old?.types, ...types } } };
}

/** Go types that are neither structs nor string enums, with what they stand for; `fields.json` names but does not describe them. */
export const namedTypes: Readonly<Record<string, string>> = {
  'types.UID': 'string',
  'core/v1.ResourceList': 'map[core/v1.ResourceName]resource.Quantity',
  'authentication.k8s.io/v1.ExtraValue': '[]string',
  'authorization.k8s.io/v1.ExtraValue': '[]string',
  'certificates.k8s.io/v1.ExtraValue': '[]string',
  'meta/v1.Verbs': '[]string',
  'apiextensions.k8s.io/v1.JSONSchemaDefinitions': 'map[string]apiextensions.k8s.io/v1.JSONSchemaProps',
  'apiextensions.k8s.io/v1.JSONSchemaDependencies': 'map[string]apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray',
  'apiextensions.k8s.io/v1.ValidationRules': '[]apiextensions.k8s.io/v1.ValidationRule',
};

/** Types with a JSON form of their own, and how TypeScript sees it. */
export const specialTypes: Readonly<Record<string, string>> = {
  'meta/v1.Time': 'string',
  'meta/v1.MicroTime': 'string',
  'meta/v1.Duration': 'string',
  'meta/v1.FieldsV1': 'Record<string, unknown>',
  'resource.Quantity': 'string',
  'intstr.IntOrString': 'string | number',
  'runtime.RawExtension': 'unknown',
  'apiextensions.k8s.io/v1.JSON': 'unknown',
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrArray': 'JSONSchemaProps | JSONSchemaProps[]',
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrBool': 'JSONSchemaProps | boolean',
  'apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray': 'JSONSchemaProps | string[]',
};

const primitives = new Set(['string', 'bool', 'int32', 'int64', 'float32', 'float64', '[]byte', 'uint8']);
const outside = new Set(['types.UID', 'resource.Quantity', 'intstr.IntOrString', 'runtime.RawExtension']);
const importedPackages: Readonly<Record<string, readonly string[]>> = {
  metav1: ['meta/v1'],
  corev1: ['core/v1'],
  apiv1: ['core/v1'],
  v1: ['core/v1', 'meta/v1'],
};

/** Spells a Go type with whole package names: `[]Container` in core/v1 becomes `[]core/v1.Container`. */
export function qualifiedType(facts: FieldFacts, packageName: string, type: string): string {
  if (primitives.has(type) || outside.has(type)) return type;
  if (type.startsWith('[]')) return `[]${qualifiedType(facts, packageName, type.slice(2))}`;
  const map = /^map\[(\w+)\](.*)$/.exec(type);
  if (map) return `map[${qualifiedType(facts, packageName, map[1] ?? '')}]${qualifiedType(facts, packageName, map[2] ?? '')}`;
  const [prefix, name] = type.includes('.') ? (type.split('.') as [string, string]) : [undefined, type];
  const candidates = prefix === undefined ? [packageName] : (importedPackages[prefix] ?? []);
  for (const candidate of candidates) {
    const known = facts[candidate];
    if (known?.types[name] ?? known?.aliases[name] ?? namedTypes[`${candidate}.${name}`]) return `${candidate}.${name}`;
    if (specialTypes[`${candidate}.${name}`] !== undefined) return `${candidate}.${name}`;
  }
  throw new Error(`${packageName}: unknown type ${type}`);
}

/** Whether a client must send the field, by the rule of Kubernetes' OpenAPI generator. */
export function isRequired(field: FieldFact): boolean {
  return field.required === true || (field.optional !== true && field.omitempty !== true);
}
