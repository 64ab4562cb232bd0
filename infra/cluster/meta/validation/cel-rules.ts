import { celBudgetMs, CelDialect } from '../cel.ts';
import { runBounded } from '../run-bounded.ts';
import { itemSchema, propertySchema } from '../custom-schema.ts';
import { forbidden, invalid, required, type FieldError } from '../field-error.ts';
import type { JSONSchemaProps, ValidationRule } from '../generated/types.ts';
import { goJson } from '../go-format.ts';
import type { Report } from './report.ts';

const dialect = new CelDialect(['self', 'oldSelf']);

/** Faults after which Kubernetes leaves the rules alone: they may rely on what is missing or too much. */
const blocking = new Set<FieldError['type']>(['Required', 'TooLong', 'TooMany', 'TypeInvalid']);

/**
 * Checks the `x-kubernetes-validations` of a structural schema. Rules that speak of `oldSelf` hold on creation. Rules that use a function
 * this implementation of CEL has not (Kubernetes' quantities, URLs, addresses) are passed over: refusing good objects would be worse.
 */
export function checkRules(
  report: Report,
  { value, previous, schema }: { readonly value: unknown; readonly previous: unknown; readonly schema: JSONSchemaProps },
  faults: readonly FieldError[],
): void {
  if (!hasRules(schema)) return;
  if (faults.some(({ type }) => blocking.has(type))) {
    const detail =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
    report(invalid('<nil>', 'null', detail));
    return;
  }
  if (!runBounded(() => walk(report, { value, previous, schema, path: '' }), celBudgetMs))
    report(invalid('<nil>', 'null', 'validation rules took too long and were stopped'));
}

interface Node {
  readonly value: unknown;
  /** Undefined where there was none, or where it cannot be told which one it was. */
  readonly previous: unknown;
  readonly schema: JSONSchemaProps;
  readonly path: string;
}

const known = new WeakMap<JSONSchemaProps, boolean>();

function hasRules(schema: JSONSchemaProps): boolean {
  const cached = known.get(schema);
  if (cached !== undefined) return cached;
  const item = itemSchema(schema);
  const { properties = {}, additionalProperties } = schema;
  const inner = [...Object.values(properties), item, additionalProperties].filter((part) => typeof part === 'object');
  const found = (schema['x-kubernetes-validations'] ?? []).length > 0 || inner.some((part) => hasRules(part));
  known.set(schema, found);
  return found;
}

function walk(report: Report, node: Node): void {
  const { value, previous, schema, path } = node;
  if (!hasRules(schema) || (value === null && schema.nullable === true)) return;
  for (const rule of schema['x-kubernetes-validations'] ?? []) checkRule(report, rule, node);
  const item = itemSchema(schema);
  if (Array.isArray(value)) {
    if (item === undefined) return;
    for (const [index, one] of value.entries())
      walk(report, { value: one, previous: sameItem(one, previous, schema), schema: item, path: `${path}[${index}]` });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    const property = propertySchema(schema, name);
    if (property === undefined) continue;
    const before = (previous as Readonly<Record<string, unknown>> | undefined)?.[name];
    const inMap = schema.properties?.[name] === undefined;
    walk(report, { value: one, previous: before, schema: property, path: inMap ? `${path}[${name}]` : join(path, name) });
  }
}

/** Items of a list of maps are known by their keys; those of other lists cannot be told apart. */
function sameItem(item: unknown, previous: unknown, schema: JSONSchemaProps): unknown {
  const keys = schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
  if (keys.length === 0 || !Array.isArray(previous)) return undefined;
  const keyOf = (one: unknown): string => goJson(keys.map((key) => (one as Readonly<Record<string, unknown>> | null)?.[key]));
  return previous.find((one) => keyOf(one) === keyOf(item)) as unknown;
}

function checkRule(report: Report, rule: ValidationRule, { value, previous, schema, path }: Node): void {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  const hasOld = previous !== undefined;
  if (isTransition && !hasOld && rule.optionalOldSelf !== true) return;
  const outcome = dialect.evaluate(rule.rule, {
    self: toCel(value, schema),
    ...(hasOld ? { oldSelf: toCel(previous, schema) } : {}),
  });
  if (outcome.kind === 'unsupported' || (outcome.kind === 'value' && outcome.value === true)) return;
  const type = schema.type ?? 'object';
  const at = path + (rule.fieldPath ?? '') === '' ? '<nil>' : (path + (rule.fieldPath ?? '')).replace(/^\./, '');
  if (outcome.kind === 'failed') report(invalid(at, type, `${outcome.reason} evaluating rule: ${rule.message ?? rule.rule}`));
  else report(refusal(rule, at, type, messageOf(rule, { self: toCel(value, schema) })));
}

function refusal({ reason }: ValidationRule, path: string, type: string, message: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, message);
    case 'FieldValueRequired':
      return required(path, message);
    case 'FieldValueDuplicate':
      return { type: 'Duplicate', path, value: type, detail: '' };
    default:
      return invalid(path, type, message);
  }
}

function messageOf(rule: ValidationRule, context: Record<string, unknown>): string {
  const said = rule.messageExpression === undefined ? undefined : dialect.evaluate(rule.messageExpression, context);
  if (said?.kind === 'value' && typeof said.value === 'string' && said.value.trim() !== '') return said.value;
  return rule.message?.trim() ?? `failed rule: ${rule.rule}`;
}

/** CEL tells whole numbers from others by their schema, and knows only the fields that the schema names. */
function toCel(value: unknown, schema: JSONSchemaProps): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === 'number') return Number.isInteger(value) && schema.type !== 'number' ? BigInt(value) : value;
  if (typeof value === 'string') return schema.format === 'date-time' ? new Date(value) : value;
  if (Array.isArray(value)) {
    const item = itemSchema(schema) ?? {};
    return value.map((one) => toCel(one, item));
  }
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const isNamed = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      return [isNamed ? escaped(name) : name, toCel(one, propertySchema(schema, name) ?? {})];
    }),
  );
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** Names of properties that are no identifiers of CEL, as Kubernetes escapes them. */
function escaped(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
