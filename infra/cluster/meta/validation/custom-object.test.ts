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
