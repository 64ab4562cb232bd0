import { createContext, Script } from 'node:vm';
import { invalid, notSupported, required } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import type { KubeObject } from '../kube-object.ts';
import { checkRules } from './cel-rules.ts';
import { collect, type Report } from './report.ts';

/** Checks a custom object against the schema of its definition. Its metadata has been looked at like everybody's. */
export function checkCustomObject(report: Report, object: KubeObject, schema: JSONSchemaProps | undefined, previous?: KubeObject): void {
  if (schema === undefined) return;
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const faults = collect((found) => checkValue(found, rest, schema, ''));
  for (const fault of faults) report(fault);
  checkRules(report, { value: object, previous, schema }, faults);
}

function checkValue(report: Report, value: unknown, schema: JSONSchemaProps, path: string): void {
  if (value === null && schema.nullable === true) return;
  if (!checkType(report, value, schema, path)) return;
  checkEnum(report, value, schema, path);
  if (typeof value === 'number') checkNumber(report, value, schema, path);
  else if (typeof value === 'string') checkString(report, value, schema, path);
  else if (Array.isArray(value)) checkArray(report, value, schema, path);
  else if (typeof value === 'object' && value !== null) checkObject(report, value as Readonly<Record<string, unknown>>, schema, path);
  for (const part of schema.allOf ?? []) checkValue(report, value, part, path);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function checkType(report: Report, value: unknown, schema: JSONSchemaProps, path: string): boolean {
  const actual = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (actual === 'integer' || actual === 'string') return true;
    report({
      type: 'TypeInvalid',
      path,
      value: actual,
      detail: `${path} in body must be of type integer,string: ${JSON.stringify(actual)}`,
    });
    return false;
  }
  const wanted = schema.type ?? '';
  const fits = wanted === '' || wanted === actual || (wanted === 'number' && actual === 'integer');
  if (!fits)
    report({ type: 'TypeInvalid', path, value: actual, detail: `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}` });
  return fits;
}

function checkEnum(report: Report, value: unknown, schema: JSONSchemaProps, path: string): void {
  const allowed = schema.enum ?? [];
  if (allowed.length > 0 && !allowed.some((item) => jsonEqual(item, value)))
    report(
      notSupported(
        path,
        value,
        allowed.map((item) => String(item)),
      ),
    );
}

function checkNumber(report: Report, value: number, schema: JSONSchemaProps, path: string): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    report(invalid(path, value, `${path} in body should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    report(invalid(path, value, `${path} in body should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`));
  }
  if (multipleOf !== undefined && value % multipleOf !== 0)
    report(invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`));
}

function checkString(report: Report, value: string, schema: JSONSchemaProps, path: string): void {
  const { minLength, maxLength, pattern } = schema;
  const length = value.replace(/[\ud800-\udbff](?=[\udc00-\udfff])/g, '').length;
  if (minLength !== undefined && length < minLength)
    report(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (maxLength !== undefined && length > maxLength) report({ type: 'TooLong', path, detail: `may not be more than ${maxLength} bytes` });
  if (pattern !== undefined && pattern !== '' && !matches(pattern, value))
    report(invalid(path, value, `${path} in body should match '${pattern}'`));
}

/** One context for all patterns: making one is dear. */
const patternContext = createContext({ pattern: '', value: '' });
const patternScript = new Script("new RegExp(pattern, 'u').test(value)");
const patternTimeoutMs = 50;

/**
 * Go's expressions are a subset of JavaScript's but for a few spellings; what does not compile here matches everything. They never
 * backtrack, ours do: a pattern of a client's that takes too long is stopped and counts as not matched.
 */
function matches(pattern: string, value: string): boolean {
  Object.assign(patternContext, { pattern, value });
  try {
    return patternScript.runInContext(patternContext, { timeout: patternTimeoutMs }) === true;
  } catch (error) {
    // The error may come from the context's own realm, where it is no instance of our Error.
    return (error as { readonly code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT';
  }
}

function checkArray(report: Report, value: readonly unknown[], schema: JSONSchemaProps, path: string): void {
  const { minItems, maxItems, items } = schema;
  if (minItems !== undefined && value.length < minItems)
    report(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems)
    report({ type: 'TooMany', path, value: value.length, detail: `must have at most ${maxItems} items` });
  const item = Array.isArray(items) ? items[0] : items;
  if (item !== undefined) for (const [index, one] of value.entries()) checkValue(report, one, item, `${path}[${index}]`);
}

function checkObject(report: Report, value: Readonly<Record<string, unknown>>, schema: JSONSchemaProps, path: string): void {
  const { properties = {}, additionalProperties, required: names = [], minProperties, maxProperties } = schema;
  for (const name of names) if (value[name] === undefined) report(required(join(path, name)));
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties)
    report(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && count > maxProperties)
    report({ type: 'TooMany', path, value: count, detail: `must have at most ${maxProperties} items` });
  for (const [name, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name)
      ? properties[name]
      : typeof additionalProperties === 'object'
        ? additionalProperties
        : undefined;
    if (property !== undefined && item !== undefined) checkValue(report, item, property, join(path, name));
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
