import { describe, expect, it } from 'vitest';
import { defaultBySchema, pruneBySchema } from './custom-schema.ts';
import type { JSONSchemaProps } from './generated/types.ts';

const string: JSONSchemaProps = { type: 'string' };
const schemaOf = (spec: JSONSchemaProps): JSONSchemaProps => ({ type: 'object', properties: { spec } });

describe('pruning', () => {
  it.each<[string, JSONSchemaProps, unknown, unknown, string[]]>([
    ['drops what is not named', { type: 'object', properties: { a: string } }, { a: '1', b: 2 }, { a: '1' }, ['spec.b']],
    ['drops everything of an object that names nothing', { type: 'object' }, { a: 1 }, {}, ['spec.a']],
    [
      'keeps what it is told to keep',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      { a: { b: 1 } },
      { a: { b: 1 } },
      [],
    ],
    [
      'looks into what it keeps',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'object' } } },
      { a: { b: 1 }, c: 1 },
      { a: {}, c: 1 },
      ['spec.a.b'],
    ],
    [
      'follows maps and lists',
      { type: 'object', additionalProperties: { type: 'array', items: { type: 'object', properties: { x: string } } } },
      { k: [{ x: '1', y: 1 }] },
      { k: [{ x: '1' }] },
      ['spec.k[0].y'],
    ],
    [
      'leaves identity to embedded objects',
      { type: 'object', 'x-kubernetes-embedded-resource': true },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
      ['spec.spec'],
    ],
    ['leaves what is of another type to validation', { type: 'object', properties: { a: string } }, 'text', 'text', []],
  ])('%s', (_name, spec, value, kept, unknown) => {
    const object = { apiVersion: 'a/v1', kind: 'K', metadata: { name: 'n' }, spec: value };
    expect(pruneBySchema(object, schemaOf(spec))).toEqual({ value: { ...object, spec: kept }, unknown });
  });
});

describe('defaults', () => {
  it.each<[string, JSONSchemaProps, unknown, unknown]>([
    ['fill what is absent', { type: 'object', properties: { a: { ...string, default: 'x' } } }, {}, { a: 'x' }],
    ['leave what is there', { type: 'object', properties: { a: { ...string, default: 'x' } } }, { a: '' }, { a: '' }],
    ['replace a null that may not be', { type: 'object', properties: { a: { ...string, default: 'x' } } }, { a: null }, { a: 'x' }],
    [
      'leave a null that may be',
      { type: 'object', properties: { a: { ...string, nullable: true, default: 'x' } } },
      { a: null },
      { a: null },
    ],
    [
      'go on inside a default',
      { type: 'object', properties: { a: { type: 'object', default: {}, properties: { b: { type: 'integer', default: 1 } } } } },
      {},
      { a: { b: 1 } },
    ],
    [
      'reach items',
      {
        type: 'object',
        properties: { a: { type: 'array', items: { type: 'object', properties: { b: { type: 'integer', default: 1 } } } } },
      },
      { a: [{}, { b: 2 }] },
      { a: [{ b: 1 }, { b: 2 }] },
    ],
    [
      'do not make parents',
      { type: 'object', properties: { a: { type: 'object', properties: { b: { ...string, default: 'x' } } } } },
      {},
      {},
    ],
  ])('%s', (_name, spec, value, expected) => {
    const object = { metadata: { name: 'n' }, spec: structuredClone(value) };
    defaultBySchema(object, schemaOf(spec));
    expect(object.spec).toEqual(expected);
  });
});
