import { describe, expect, it } from 'vitest';
import { errorBody } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { collect } from './report.ts';
import { checkStructural } from './structural-schema.ts';

const faultsOf = (schema: JSONSchemaProps): string[] =>
  collect((report) => checkStructural(report, schema, 's', 'root')).map((fault) => `${fault.path}: ${errorBody(fault)}`);
const object = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties });

describe('checkStructural', () => {
  it.each<[string, JSONSchemaProps]>([
    ['typed fields', object({ a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' } } })],
    ['numbers that may be texts', object({ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } })],
    ['fields that may be anything', object({ a: { 'x-kubernetes-preserve-unknown-fields': true } })],
    ['maps', { type: 'object', additionalProperties: { type: 'string' } }],
    [
      'alternatives that narrow down',
      { ...object({ a: { type: 'string' } }), anyOf: [{ required: ['a'] }, { properties: { a: { minLength: 1 } } }] },
    ],
  ])('takes %s', (_what, schema) => {
    expect(faultsOf(schema)).toEqual([]);
  });

  it.each<[string, JSONSchemaProps, string]>([
    ['no type at the root', {}, 's.type: Required value: must not be empty at the root'],
    ['a root that is no object', { type: 'string' }, 's.type: Invalid value: "string": must be object at the root'],
    ['a field without type', object({ a: {} }), 's.properties[a].type: Required value: must not be empty for specified object fields'],
    [
      'items without type',
      object({ a: { type: 'array', items: {} } }),
      's.properties[a].items.type: Required value: must not be empty for specified array items',
    ],
    ['lists of nothing', object({ a: { type: 'array' } }), 's.properties[a].items: Required value: must be specified'],
    [
      'types there are none of',
      object({ a: { type: 'text' } }),
      's.properties[a].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
    ],
    [
      'both kinds of fields',
      { ...object({ a: { type: 'string' } }), additionalProperties: true },
      's.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
    ],
    [
      'types in alternatives',
      { type: 'object', oneOf: [{ type: 'object' }] },
      's.oneOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'unique items',
      object({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } }),
      's.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
  ])('refuses %s', (_what, schema, fault) => {
    expect(faultsOf(schema)).toEqual([fault]);
  });
});
