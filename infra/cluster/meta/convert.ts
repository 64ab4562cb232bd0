import { canonicalQuantity, QuantityError } from './quantity.ts';
import { goQuote } from './go-format.ts';
import { structPlan, type FieldPlan, type ListPlan, type MapPlan, type Plan, type ScalarPlan, type StructPlan } from './type-plan.ts';
import { canonicalDuration, canonicalMicroTime, canonicalTime, TimeFormatError } from './times.ts';

/** A value that does not fit its type; the message is that of Go's decoder. */
export class ConversionError extends Error {
  /** What Go's converter of untyped objects says instead, which reads the outcome of a strategic patch; for maps, lists and structs. */
  readonly untyped: string | undefined;

  constructor(message: string, untyped?: string) {
    super(message);
    this.name = 'ConversionError';
    this.untyped = untyped;
  }
}

export interface Converted {
  readonly value: Record<string, unknown>;
  /** Like `unknown field "spec.replica"`, in document order, at most a hundred. */
  readonly unknownFields: readonly string[];
}

/** Nothing real nests deeper, and the walkers recurse. */
export const maxDepth = 200;
const maxUnknownFields = 100;

/**
 * Reads a JSON value as the struct `typeKey` the way Go's decoder and encoder together would: types are checked, unknown fields dropped
 * and reported, quantities and times brought to their canonical text, empty optional fields left out and fields that are always
 * written filled in. The input is not changed, nor is any of it shared with the result except opaque JSON.
 *
 * Unlike Go, a list or map that must be there but is not becomes empty instead of null, and a pointer is left out: readers in JavaScript
 * need not ask twice.
 */
export function convert(value: unknown, typeKey: string): Converted {
  const conversion = new Conversion();
  const plan = structPlan(typeKey);
  const result = conversion.struct(value, plan);
  return { value: result ?? conversion.empty(plan), unknownFields: conversion.unknownFields };
}

/**
 * The same for an applied configuration: only what was sent is there, nulls and empty values included, for they are claims too. A
 * mismatch comes back as `fault` instead of being thrown.
 */
export function sparse(value: unknown, typeKey: string): Converted & { readonly fault?: string } {
  const conversion = new Conversion(true);
  try {
    const result = conversion.struct(value, structPlan(typeKey));
    return { value: result ?? {}, unknownFields: conversion.unknownFields };
  } catch (error) {
    if (error instanceof ConversionError) return { value: {}, unknownFields: [], fault: error.message };
    throw error;
  }
}

/** The object that Go would write for an untouched struct. */
export function emptyOf(typeKey: string): Record<string, unknown> {
  return new Conversion().empty(structPlan(typeKey));
}

type Segment = string | number | { readonly key: string };

class Conversion {
  readonly unknownFields: string[] = [];
  readonly #path: Segment[] = [];
  readonly #structs: string[] = [];
  readonly #isSparse: boolean;

  constructor(isSparse = false) {
    this.#isSparse = isSparse;
  }

  struct(value: unknown, plan: StructPlan): Record<string, unknown> | undefined {
    if (value === null || value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.mismatch(value, plan);
    if (this.#path.length > maxDepth) throw new ConversionError('exceeded max depth');
    const result: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const field = plan.fields.get(name);
      if (field === undefined) {
        this.#unknown(name);
        continue;
      }
      const item = (value as Record<string, unknown>)[name];
      if (item === null || item === undefined) {
        if (this.#isSparse && item === null) result[name] = null;
        continue;
      }
      this.#path.push(name);
      this.#structs.push(plan.goName);
      const converted = this.value(item, field.plan);
      this.#structs.pop();
      this.#path.pop();
      if (this.#isSparse || !isDropped(field, converted)) result[name] = converted;
    }
    if (!this.#isSparse) this.#fill(result, plan);
    return result;
  }

  empty(plan: StructPlan): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.#fill(result, plan);
    return result;
  }

  value(value: unknown, plan: Plan): unknown {
    switch (plan.kind) {
      case 'struct':
        return this.struct(value, plan);
      case 'list':
        return this.#list(value, plan);
      case 'map':
        return this.#map(value, plan);
      default:
        return this.#scalar(value, plan);
    }
  }

  #list(value: unknown, plan: ListPlan): unknown[] {
    if (!Array.isArray(value)) throw this.mismatch(value, plan);
    return value.map((item, index) => {
      this.#path.push(index);
      const converted = item === null ? this.#zero(plan.item) : this.value(item, plan.item);
      this.#path.pop();
      return converted;
    });
  }

  #map(value: unknown, plan: MapPlan): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.mismatch(value, plan);
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      this.#path.push({ key });
      const converted = item === null ? this.#zero(plan.value) : this.value(item, plan.value);
      this.#path.pop();
      setOwn(result, key, converted);
    }
    return result;
  }

  #scalar(value: unknown, plan: ScalarPlan): unknown {
    switch (plan.kind) {
      case 'string':
        if (typeof value !== 'string') throw this.mismatch(value, plan);
        return value;
      case 'bool':
        if (typeof value !== 'boolean') throw this.mismatch(value, plan);
        return value;
      case 'int':
        return this.#integer(value, plan);
      case 'float':
        if (typeof value !== 'number') throw this.mismatch(value, plan);
        return value;
      case 'bytes':
        return this.#bytes(value, plan);
      case 'quantity':
        return quantity(value);
      case 'time':
      case 'microTime':
      case 'duration':
        return this.#time(value, plan);
      case 'intOrString':
        if (typeof value === 'string') return value;
        return this.#integer(value, { ...plan, kind: 'int', bits: 32, goType: 'int32' });
      case 'raw':
      case 'fieldsV1':
      case 'json':
        return value;
      default:
        return this.#schema(value, plan);
    }
  }

  #integer(value: unknown, plan: ScalarPlan): number {
    if (typeof value !== 'number') throw this.mismatch(value, plan);
    const limit = plan.bits === 32 ? 2 ** 31 : 2 ** 63;
    if (!Number.isInteger(value) || value < -limit || value >= limit) throw this.mismatch(value, plan, `number ${String(value)}`);
    return value;
  }

  #bytes(value: unknown, plan: ScalarPlan): string {
    if (typeof value !== 'string') throw this.mismatch(value, plan);
    const fault = base64Fault(value);
    if (fault !== undefined) throw new ConversionError(`illegal base64 data at input byte ${fault}`);
    return value.replace(/[\r\n]/g, '');
  }

  #time(value: unknown, plan: ScalarPlan): string | null {
    if (typeof value !== 'string') throw new ConversionError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
    try {
      if (plan.kind === 'duration') return canonicalDuration(value);
      return plan.kind === 'time' ? canonicalTime(value) : canonicalMicroTime(value);
    } catch (error) {
      if (error instanceof TimeFormatError) throw new ConversionError(error.message);
      throw error;
    }
  }

  /** The three shapes in which a JSON schema may stand beside an array or a boolean. */
  #schema(value: unknown, plan: ScalarPlan): unknown {
    const schema = structPlan('apiextensions.k8s.io/v1.JSONSchemaProps');
    if (plan.kind === 'schemaOrBool' && typeof value === 'boolean') return value;
    if (Array.isArray(value) && plan.kind !== 'schemaOrBool') {
      if (plan.kind === 'schemaOrStringArray')
        return value.map((item) => this.#scalar(item, { kind: 'string', goType: 'string', bits: 0 }));
      return value.map((item) => this.struct(item, schema) ?? {});
    }
    return this.struct(value, schema);
  }

  #fill(result: Record<string, unknown>, plan: StructPlan): void {
    for (const field of plan.always) {
      if (result[field.name] === undefined) result[field.name] = this.#zero(field.plan);
    }
  }

  #zero(plan: Plan): unknown {
    switch (plan.kind) {
      case 'struct':
        return this.empty(plan);
      case 'list':
        return [];
      case 'map':
        return {};
      case 'string':
      case 'bytes':
        return '';
      case 'bool':
        return false;
      case 'int':
      case 'float':
      case 'intOrString':
        return 0;
      case 'quantity':
        return '0';
      case 'duration':
        return '0s';
      default:
        return null;
    }
  }

  #unknown(name: string): void {
    if (this.unknownFields.length >= maxUnknownFields) return;
    this.unknownFields.push(`unknown field ${goQuote([...this.#path, name].reduce<string>(joinSegment, ''))}`);
  }

  mismatch(value: unknown, plan: Plan, shown = jsonKind(value)): ConversionError {
    const struct = this.#structs.at(-1);
    const fields = this.#path.filter((segment) => typeof segment === 'string');
    const untyped = untypedMismatch(value, plan);
    if (struct === undefined) return new ConversionError(`json: cannot unmarshal ${shown} into Go value of type ${plan.goType}`, untyped);
    const where = `${struct}.${fields.join('.')}`;
    return new ConversionError(`json: cannot unmarshal ${shown} into Go struct field ${where} of type ${plan.goType}`, untyped);
  }
}

function joinSegment(path: string, segment: Segment): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  const name = typeof segment === 'string' ? segment : segment.key;
  return path === '' ? name : `${path}.${name}`;
}

/** A plain assignment to `__proto__` would change the object's prototype instead of adding a key. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

function isDropped(field: FieldPlan, value: unknown): boolean {
  if (value === undefined) return true;
  if (!field.omitEmpty || field.pointer) return false;
  switch (field.plan.kind) {
    case 'string':
    case 'bytes':
      return value === '';
    case 'bool':
      return value === false;
    case 'int':
    case 'float':
      return value === 0;
    case 'list':
      return (value as unknown[]).length === 0;
    case 'map':
      return Object.keys(value as object).length === 0;
    default:
      return value === null;
  }
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function quantity(value: unknown): string {
  try {
    // A bare number is read by its text; anything else by what it is not.
    return canonicalQuantity(
      typeof value === 'string' ? value.trim() : typeof value === 'number' ? plainNumber(value) : JSON.stringify(value),
    );
  } catch (error) {
    if (error instanceof QuantityError) throw new ConversionError(error.message);
    throw error;
  }
}

/** JavaScript writes large numbers as 1e+21, which Go's text never was. */
function plainNumber(value: number): string {
  return String(value).replace('e+', 'e');
}

/** The index at which a base64 text goes wrong, as Go's decoder counts, or undefined. */
function base64Fault(text: string): number | undefined {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0) return undefined;
  const compact = text.replace(/[\r\n]/g, '');
  const bad = compact.search(/[^A-Za-z0-9+/=]/);
  if (bad >= 0) return bad;
  const padding = compact.search(/=/);
  if (compact.length % 4 === 0 && (padding < 0 || /^[A-Za-z0-9+/]*={0,2}$/.test(compact))) return undefined;
  return padding >= 0 && padding < compact.length - 2 ? padding : compact.length - (compact.length % 4);
}

/** As k8s.io/apimachinery's runtime.UnstructuredConverter words it. */
function untypedMismatch(value: unknown, plan: Plan): string | undefined {
  const kind = Array.isArray(value) ? 'slice' : typeof value === 'object' ? 'map' : goScalarKind(value);
  if (plan.kind === 'map') return `cannot restore map from ${kind}`;
  if (plan.kind === 'list') return `cannot restore slice from ${kind}`;
  if (plan.kind === 'struct') return `cannot restore struct from: ${kind}`;
  const wanted = goKinds[plan.kind]?.(plan.bits);
  if (wanted === undefined) return undefined;
  // Go would turn a whole number into a character and a fraction into a whole number, which the server refuses by these words.
  const isConvertible = (kind === 'int64' && wanted === 'string') || (kind === 'float64' && plan.kind === 'int');
  return isConvertible ? `cannot convert ${kind} to ${plan.goType}` : `unrecognized type: ${wanted}`;
}

const goKinds: Readonly<Partial<Record<Plan['kind'], (bits: number) => string>>> = {
  string: () => 'string',
  bool: () => 'bool',
  int: (bits) => `int${bits}`,
  float: (bits) => `float${bits}`,
};

function goScalarKind(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
