import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode.ts';
import { applyDefaults } from './defaults.ts';
import { trackUpdate } from './managed-fields.ts';
import { builtInResources, type ResourceInfo } from './registry.ts';
import { toTable } from './table.ts';
import { structPlan, type Plan } from './type-plan.ts';
import { validateCreate, validateUpdate } from './validation/validate.ts';

const timeIso = '2026-01-01T00:00:00Z';

/** A value with every optional part of its type there, but empty: lists of one empty item, structs without fields. */
function hollow(plan: Plan, depth: number): unknown {
  switch (plan.kind) {
    case 'struct': {
      if (depth <= 0) return {};
      const fields = [...plan.fields.values()].filter(({ name }) => !['apiVersion', 'kind', 'managedFields'].includes(name));
      return Object.fromEntries(
        fields.map((field) => [field.name, hollow(field.plan, depth - 1)]).filter(([, value]) => value !== undefined),
      );
    }
    case 'list':
      return [hollow(plan.item, depth - 1) ?? zero(plan.item)];
    case 'map':
      return { cpu: hollow(plan.value, depth - 1) ?? zero(plan.value) };
    case 'raw':
    case 'json':
      return {};
    default:
      return undefined;
  }
}

function zero(plan: Plan): unknown {
  switch (plan.kind) {
    case 'int':
    case 'float':
    case 'intOrString':
      return 0;
    case 'bool':
      return false;
    case 'quantity':
      return '0';
    case 'schemaOrArray':
    case 'schemaOrBool':
    case 'schemaOrStringArray':
      return {};
    default:
      return '';
  }
}

/** All that happens to an object between its body and its answer. Anything thrown would be a 500. */
function passThrough(body: object, info: ResourceInfo): void {
  const { object } = decodeObject(Buffer.from(JSON.stringify(body)), 'application/json', { info }, 'Ignore');
  applyDefaults(object);
  validateCreate(object, info);
  validateUpdate(object, structuredClone(object), info);
  trackUpdate(undefined, object, { manager: 'm', timeIso, info });
  toTable(info, [object], { includeObject: 'Metadata', nowMs: Date.parse(timeIso) });
}

describe.each(builtInResources.map((info) => [`${info.resource}.${info.group}`, info] as const))('%s', (_name, info) => {
  it('takes an object with nothing in it', () => {
    expect(() => passThrough({}, info)).not.toThrow();
    expect(() => passThrough({ metadata: { name: 'a' } }, info)).not.toThrow();
  });

  it.each([1, 2, 3, 4, 5, 8])('takes an object that is hollow to depth %i', (depth) => {
    expect(() => passThrough(hollow(structPlan(info.typeName ?? ''), depth) as object, info)).not.toThrow();
  });
});
