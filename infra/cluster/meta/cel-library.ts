import type { Environment } from '@marcbachmann/cel-js';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  QuantityError,
  quantityFault,
  subtractQuantities,
  type Quantity,
} from './quantity.ts';

/** A quantity as expressions hold it: only its functions reach inside. */
class CelQuantity {
  readonly value: Quantity;

  constructor(value: Quantity) {
    this.value = value;
  }
}

const NANO = 1_000_000_000n;

/** Adds the functions that Kubernetes adds to CEL: those of lists, regular expressions and quantities. */
export function addKubernetesLibrary(environment: Environment): Environment {
  addLists(environment);
  addPatterns(environment);
  return addQuantityType(environment);
}

function addLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly unknown[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] as never) <= (item as never)),
    )
    .registerFunction('list.sum(): dyn', (list: readonly number[]) => list.reduce((sum, item) => sum + item))
    .registerFunction('list.min(): dyn', (list: readonly never[]) => list.reduce((least, item) => (item < least ? item : least)))
    .registerFunction('list.max(): dyn', (list: readonly never[]) => list.reduce((most, item) => (item > most ? item : most)))
    .registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.indexOf(item)))
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.lastIndexOf(item)));
}

/** The caller bounds the time that patterns may take. */
function addPatterns(environment: Environment): void {
  environment
    .registerFunction('string.find(string): string', (text: string, pattern: string) => regExpOf(pattern).exec(text)?.[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => text.match(regExpOf(pattern, 'g')) ?? []);
}

function addQuantityType(environment: Environment): Environment {
  const compare = ({ value: a }: CelQuantity, { value: b }: CelQuantity): number => compareQuantities(a, b);
  return environment
    .registerType('Quantity', CelQuantity)
    .registerFunction('isQuantity(string): bool', (text: string) => quantityFault(text) === undefined)
    .registerFunction('quantity(string): Quantity', readQuantity)
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0)
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0)
    .registerFunction('Quantity.compareTo(Quantity): int', (a: CelQuantity, b: CelQuantity) => BigInt(compare(a, b)))
    .registerFunction('Quantity.sign(): int', ({ value: { nano } }: CelQuantity) => (nano > 0n ? 1n : nano < 0n ? -1n : 0n))
    .registerFunction('Quantity.isInteger(): bool', ({ value: { nano } }: CelQuantity) => nano % NANO === 0n)
    .registerFunction('Quantity.asInteger(): int', ({ value: { nano } }: CelQuantity) => nano / NANO)
    .registerFunction('Quantity.asApproximateFloat(): double', ({ value: { nano } }: CelQuantity) => Number(nano) / Number(NANO))
    .registerFunction(
      'Quantity.add(Quantity): Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.value, b.value)),
    )
    .registerFunction(
      'Quantity.sub(Quantity): Quantity',
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(subtractQuantities(a.value, b.value)),
    );
}

function readQuantity(text: string): CelQuantity {
  try {
    return new CelQuantity(parseQuantity(text));
  } catch (error) {
    if (error instanceof QuantityError) throw expressionFault('invalid_quantity', error.message);
    throw error;
  }
}

function regExpOf(pattern: string, flags?: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw expressionFault('invalid_pattern', error instanceof Error ? error.message : String(error));
  }
}

/** Fails the expression and not the server: errors with a code are the expression's own. */
function expressionFault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
