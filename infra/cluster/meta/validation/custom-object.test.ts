import { describe, expect, it } from 'vitest';
import { errorText } from '../field-error.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import type { KubeObject } from '../kube-object.ts';
import { checkCustomObject } from './custom-object.ts';
import { collect } from './report.ts';

function faults(spec: unknown, schema: JSONSchemaProps): string[] {
  const object = { apiVersion: 'lab.example/v1', kind: 'Drill', metadata: { name: 'd' }, spec } as KubeObject;
  const whole: JSONSchemaProps = { type: 'object', properties: { spec: schema } };
  return collect((report) => checkCustomObject(report, object, whole)).map(errorText);
}

const severity: JSONSchemaProps = {
  type: 'object',
  required: ['severity'],
  properties: { severity: { type: 'integer', minimum: 1, maximum: 5 } },
};

describe('schemas of custom resources', () => {
  it.each<[unknown, JSONSchemaProps, string[]]>([
    [{ severity: 2 }, severity, []],
    [{ severity: 9 }, severity, ['spec.severity: Invalid value: 9: spec.severity in body should be less than or equal to 5']],
    [{}, severity, ['spec.severity: Required value']],
    [{ severity: 'x' }, severity, ['spec.severity: Invalid value: "string": spec.severity in body must be of type integer: "string"']],
    [
      { a: 'z' },
      { type: 'object', properties: { a: { type: 'string', enum: ['x', 'y'] } } },
      ['spec.a: Unsupported value: "z": supported values: "x", "y"'],
    ],
    [
      { a: [1, 2] },
      { type: 'object', properties: { a: { type: 'array', maxItems: 1 } } },
      ['spec.a: Too many: 2: must have at most 1 items'],
    ],
    [
      { a: 'b1' },
      { type: 'object', properties: { a: { type: 'string', pattern: '^[a-z]+$' } } },
      ['spec.a: Invalid value: "b1": spec.a in body should match \'^[a-z]+$\''],
    ],
    [
      { k: { x: -1 } },
      { type: 'object', additionalProperties: { type: 'object', properties: { x: { type: 'number', minimum: 0 } } } },
      ['spec.k.x: Invalid value: -1: spec.k.x in body should be greater than or equal to 0'],
    ],
    [{ a: '50%' }, { type: 'object', properties: { a: { 'x-kubernetes-int-or-string': true } } }, []],
    [{ a: null }, { type: 'object', properties: { a: { type: 'string', nullable: true } } }, []],
  ])('%j', (spec, schema, expected) => {
    expect(faults(spec, schema)).toEqual(expected);
  });

  it('stops a pattern that would never end', () => {
    const started = performance.now();
    const schema: JSONSchemaProps = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
    expect(faults({ a: `${'a'.repeat(60)}b` }, schema)[0]).toContain('should match');
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('rules of custom resources', () => {
  const rules = (rule: string, more: object = {}): JSONSchemaProps => ({
    type: 'object',
    properties: {
      size: { type: 'integer' },
      share: { type: 'number' },
      'with-dash': { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      parts: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['id'],
        items: {
          type: 'object',
          properties: { id: { type: 'string' }, v: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } },
        },
      },
    },
    'x-kubernetes-validations': [{ rule, ...more }],
  });
  const update = (next: unknown, previous: unknown, schema: JSONSchemaProps): string[] => {
    const object = (spec: unknown): KubeObject =>
      ({ apiVersion: 'lab.example/v1', kind: 'Drill', metadata: { name: 'd' }, spec }) as KubeObject;
    const whole: JSONSchemaProps = { type: 'object', properties: { spec: schema } };
    return collect((report) => checkCustomObject(report, object(next), whole, object(previous))).map(errorText);
  };

  it.each<[string, JSONSchemaProps, unknown, string[]]>([
    ['hold', rules('self.size <= 3'), { size: 3 }, []],
    ['fail in their own words', rules('self.size <= 3', { message: 'too big' }), { size: 4 }, ['spec: Invalid value: "object": too big']],
    ['fail without words', rules('self.size <= 3'), { size: 4 }, ['spec: Invalid value: "object": failed rule: self.size <= 3']],
    [
      'compute their words and name a field and a reason',
      rules('self.size <= 3', { messageExpression: "'not ' + string(self.size)", fieldPath: '.size', reason: 'FieldValueForbidden' }),
      { size: 4 },
      ['spec.size: Forbidden: not 4'],
    ],
    ['tell whole numbers from others', rules('self.share < 0.5 && self.size == 1'), { share: 0.4, size: 1 }, []],
    ['see what is absent', rules('!has(self.size) || self.size > 1'), {}, []],
    ['read escaped names', rules('self.with__dash__x.size() == 0 || true'), { 'with-dash': 'a' }, []],
    [
      'know the lists of Kubernetes',
      rules('self.tags.isSorted()'),
      { tags: ['b', 'a'] },
      [expect.stringContaining('failed rule') as never],
    ],
    ['about the old value hold at first', rules('self.size >= oldSelf.size'), { size: 1 }, []],
    ['that nobody here understands are passed over', rules("quantity(self.share).isGreaterThan(quantity('1'))"), { share: 1 }, []],
    [
      'wait for the rest to be right',
      rules('self.size <= 3'),
      { size: 'x' },
      [
        'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
        '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ],
    ],
  ])('%s', (_name, schema, spec, expected) => {
    expect(faults(spec, schema)).toEqual(expected);
  });

  it('compare with the old value, items of lists by their keys', () => {
    const schema = rules('self.size >= oldSelf.size', { message: 'may not shrink' });
    expect(update({ size: 1 }, { size: 2 }, schema)).toEqual(['spec: Invalid value: "object": may not shrink']);
    expect(update({ size: 2 }, { size: 1 }, schema)).toEqual([]);
    const before = { size: 1, parts: [{ id: 'a', v: 5 }] };
    const after = { size: 1, parts: [{ id: 'b', v: 1 }, { id: 'a', v: 4 }] }; // prettier-ignore
    expect(update(after, before, schema)).toEqual(['spec.parts[1].v: Invalid value: "integer": failed rule: self >= oldSelf']);
  });

  it('are stopped when a pattern would never end', () => {
    const schema = rules("self.tags.all(t, t.matches('^(a+)+$'))");
    expect(faults({ tags: [`${'a'.repeat(60)}b`] }, schema)).toEqual([expect.stringContaining('took too long')]);
  });
});
