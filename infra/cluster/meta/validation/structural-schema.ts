import { forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import type { Report } from './report.ts';

/** Where a schema stands in the one that holds it. */
type Place = 'root' | 'field' | 'item';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

const missingType: Readonly<Record<Place, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

/** The rules of structural schemas: every field says what it is, and alternatives only narrow it down. After apiextensions-apiserver. */
export function checkStructural(report: Report, schema: JSONSchemaProps, path: string, place: Place): void {
  checkType(report, schema, path, place);
  const { properties, additionalProperties, items, uniqueItems } = schema;
  if (uniqueItems === true)
    report(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (properties !== undefined && additionalProperties !== undefined && additionalProperties !== false)
    report(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  for (const [name, property] of Object.entries(properties ?? {}))
    checkStructural(report, property, `${path}.properties[${name}]`, 'field');
  if (typeof additionalProperties === 'object') checkStructural(report, additionalProperties, `${path}.additionalProperties`, 'field');
  if (Array.isArray(items)) report(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  else if (items !== undefined) checkStructural(report, items, `${path}.items`, 'item');
  else if (schema.type === 'array') report(required(`${path}.items`, 'must be specified'));
  checkAlternatives(report, schema, path);
}

function checkType(report: Report, { type = '', ...schema }: JSONSchemaProps, path: string, place: Place): void {
  const at = `${path}.type`;
  const isFree = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === '') {
    if (place === 'root' || !isFree) report(required(at, missingType[place]));
  } else if (type === 'null') report(forbidden(at, 'type cannot be set to null, use nullable as an alternative'));
  else if (!types.includes(type)) report(notSupported(at, type, types));
  else if (place === 'root' && type !== 'object') report(invalid(at, type, 'must be object at the root'));
  else if (schema['x-kubernetes-int-or-string'] === true) report(invalid(at, type, 'must be empty if x-kubernetes-int-or-string is true'));
}

/** Alternatives check values; what there is, and of which type, is said outside of them. */
function checkAlternatives(report: Report, schema: JSONSchemaProps, path: string): void {
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [index, branch] of (schema[word] ?? []).entries()) checkBranch(report, branch, `${path}.${word}[${index}]`, isIntOrString);
  if (schema.not !== undefined) checkBranch(report, schema.not, `${path}.not`, false);
}

function checkBranch(report: Report, branch: JSONSchemaProps, path: string, isIntOrString: boolean): void {
  if (!isIntOrString && branch.type !== undefined && branch.type !== '')
    report(forbidden(`${path}.type`, 'must be empty to be structural'));
  if (branch.default !== undefined) report(forbidden(`${path}.default`, 'must be undefined to be structural'));
  if (branch.additionalProperties !== undefined) report(forbidden(`${path}.additionalProperties`, 'must be undefined to be structural'));
  checkAlternatives(report, branch, path);
}
