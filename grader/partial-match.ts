import { parseQuantity } from '../infra/cluster/meta/quantity.ts';

/** Where a value differs from a pattern: `spec.replicas: 0, wanted at least 1`. */
export interface Mismatch {
  readonly path: string;
  readonly message: string;
}

type Operator = (value: unknown, operand: unknown) => string | undefined;

/** What a pattern may say instead of a plain value. Each answers what is wrong, in words, or undefined. */
const operators: Readonly<Record<string, Operator>> = {
  $exists: (value, operand) =>
    (value !== undefined) === operand ? undefined : operand === true ? 'missing' : 'present, but should not be',
  $in: (value, operand) =>
    asList(operand).includes(value) ? undefined : `is ${show(value)}, wanted one of ${asList(operand).map(show).join(', ')}`,
  $not: (value, operand) => (findMismatch(value, operand) === undefined ? `must not be ${show(operand)}` : undefined),
  $matches: (value, operand) =>
    typeof value === 'string' && new RegExp(String(operand)).test(value)
      ? undefined
      : `is ${show(value)}, which does not have the form that is wanted`,
  $atLeast: (value, operand) => compare(value, operand, (a, b) => a >= b, 'at least'),
  $atMost: (value, operand) => compare(value, operand, (a, b) => a <= b, 'at most'),
  $none: (value, operand) =>
    Array.isArray(value) && value.some((item) => findMismatch(item, operand) === undefined)
      ? `holds ${show(operand)}, but must not`
      : undefined,
};

/**
 * Compares what is there with what a pattern names, and with nothing else: objects may have more fields, lists more items. Every item of
 * a pattern's list must be matched by some item of the value's. Returns the first difference, or undefined.
 */
export function findMismatch(value: unknown, pattern: unknown, path = ''): Mismatch | undefined {
  if (isOperation(pattern)) return applyOperators(value, pattern, path);
  if (Array.isArray(pattern)) return matchList(value, pattern, path);
  if (isObject(pattern)) return matchObject(value, pattern, path);
  return Object.is(value, pattern)
    ? undefined
    : { path, message: value === undefined ? 'missing' : `is ${show(value)}, wanted ${show(pattern)}` };
}

/** Operators that a pattern names but nobody knows; a loader reports them. */
export function unknownOperators(pattern: unknown): readonly string[] {
  if (Array.isArray(pattern)) return pattern.flatMap(unknownOperators);
  if (!isObject(pattern)) return [];
  return Object.entries(pattern).flatMap(([key, inner]) => [
    ...(key.startsWith('$') && !(key in operators) ? [key] : []),
    ...unknownOperators(inner),
  ]);
}

function isOperation(pattern: unknown): pattern is Readonly<Record<string, unknown>> {
  return isObject(pattern) && Object.keys(pattern).length > 0 && Object.keys(pattern).every((key) => key.startsWith('$'));
}

function applyOperators(value: unknown, pattern: Readonly<Record<string, unknown>>, path: string): Mismatch | undefined {
  for (const [name, operand] of Object.entries(pattern)) {
    const message = (operators[name] ?? ((): string => `unknown operator ${name}`))(value, operand);
    if (message !== undefined) return { path, message };
  }
  return undefined;
}

function matchObject(value: unknown, pattern: Readonly<Record<string, unknown>>, path: string): Mismatch | undefined {
  if (!isObject(value)) return { path, message: value === undefined ? 'missing' : `is ${show(value)}, wanted an object` };
  for (const [key, inner] of Object.entries(pattern)) {
    const mismatch = findMismatch(value[key], inner, path === '' ? key : `${path}.${key}`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function matchList(value: unknown, pattern: readonly unknown[], path: string): Mismatch | undefined {
  if (!Array.isArray(value)) return { path, message: value === undefined ? 'missing' : `is ${show(value)}, wanted a list` };
  for (const [index, wanted] of pattern.entries()) {
    const tried = value.map((item) => findMismatch(item, wanted, `${path}[${index}]`));
    if (tried.some((mismatch) => mismatch === undefined)) continue;
    // With one candidate its own difference says more than "none of the items".
    return (tried.length === 1 ? tried[0] : undefined) ?? { path, message: `has no item like ${show(wanted)}` };
  }
  return undefined;
}

/** Numbers by value, strings as quantities (`256Mi`). */
function compare(value: unknown, operand: unknown, holds: (a: bigint, b: bigint) => boolean, words: string): string | undefined {
  const [a, b] = [toNumber(value), toNumber(operand)];
  if (a !== undefined && b !== undefined && holds(a, b)) return undefined;
  return value === undefined ? `missing, wanted ${words} ${show(operand)}` : `is ${show(value)}, wanted ${words} ${show(operand)}`;
}

function toNumber(value: unknown): bigint | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  try {
    return parseQuantity(String(value)).nano;
  } catch {
    return undefined;
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return 'nothing';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
