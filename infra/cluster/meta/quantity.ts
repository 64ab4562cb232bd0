/**
 * Quantities such as `100m` and `64Mi`, exactly: held as whole billionths, which is the precision of Kubernetes' own (k8s.io/apimachinery
 * pkg/api/resource). Numbers beyond 2^63-1 are cut to it, smaller fractions are rounded away from zero.
 */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export const quantityPattern = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';
const wrongFormat = `quantities must match the regular expression '${quantityPattern}'`;
const wrongSuffix = "unable to parse quantity's suffix";

const nanoPerUnit = 1_000_000_000n;
const maxNano = (2n ** 63n - 1n) * nanoPerUnit;

const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binarySuffixes = new Map([
  ['Ki', 1],
  ['Mi', 2],
  ['Gi', 3],
  ['Ti', 4],
  ['Pi', 5],
  ['Ei', 6],
]);
const decimalSuffixOf = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixOf = new Map([...binarySuffixes].map(([suffix, exponent]) => [exponent, suffix]));

export const zeroQuantity: Quantity = { nano: 0n, format: 'DecimalSI' };

/** A text that is no quantity; the message is Kubernetes' own. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const parsed = new Map<string, Quantity>();
const maxCached = 4096;

/** Parses a quantity or throws a QuantityError. Few different ones are in use at a time, so that they are remembered. */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = parse(text);
  if (parsed.size >= maxCached) parsed.clear();
  parsed.set(text, quantity);
  return quantity;
}

/** Why the text is no quantity, or undefined if it is one. */
export function quantityFault(text: string): string | undefined {
  try {
    parseQuantity(text);
    return undefined;
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

/** Longer texts are refused unread: nothing real comes near, and exact arithmetic on them would cost. */
const maxLength = 100;

function parse(text: string): Quantity {
  const match = text.length > maxLength ? null : /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$/.exec(text);
  if (match === null || text === '') throw new QuantityError(wrongFormat);
  const [, sign = '', whole = '', fraction = '', letters = '', digits = ''] = match;
  if (whole === '' && fraction === '')
    throw new QuantityError(letters === '' && digits === '' ? 'unable to parse numeric part of quantity' : wrongFormat);
  const { scale, format } = readSuffix(letters, digits);
  const mantissa = BigInt(whole + fraction);
  const nano = scaled(mantissa * scale.numerator * nanoPerUnit, scale.denominator * 10n ** BigInt(fraction.length));
  const capped = nano > maxNano ? maxNano : nano;
  return { nano: sign === '-' ? -capped : capped, format };
}

interface Scale {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function readSuffix(letters: string, digits: string): { scale: Scale; format: QuantityFormat } {
  if ((letters === 'e' || letters === 'E') && digits !== '') {
    const exponent = Number(digits);
    if (!Number.isInteger(exponent) || Math.abs(exponent) > 1000) throw new QuantityError(wrongSuffix);
    return { scale: powerOfTen(exponent), format: 'DecimalExponent' };
  }
  if (digits !== '') throw new QuantityError(wrongSuffix);
  const binary = binarySuffixes.get(letters);
  if (binary !== undefined) return { scale: { numerator: 1024n ** BigInt(binary), denominator: 1n }, format: 'BinarySI' };
  const decimal = decimalSuffixes.get(letters);
  if (decimal === undefined) throw new QuantityError(wrongSuffix);
  return { scale: powerOfTen(decimal), format: 'DecimalSI' };
}

function powerOfTen(exponent: number): Scale {
  return exponent >= 0 ? { numerator: 10n ** BigInt(exponent), denominator: 1n } : { numerator: 1n, denominator: 10n ** BigInt(-exponent) };
}

/** Division of what is not negative, rounded up: who asks for something gets something. */
function scaled(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

/** The canonical text: the largest suffix that leaves a whole number. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  if (format === 'BinarySI') {
    const units = nano / nanoPerUnit;
    const small = units > -1024n && units < 1024n;
    if (!small && nano % nanoPerUnit === 0n) return withFactor(units, 1024n, 0, 1, binarySuffixOf);
  }
  if (format === 'DecimalExponent') {
    const { mantissa, exponent } = reduced(nano, 1000n, -9, 3, Number.POSITIVE_INFINITY);
    return exponent === 0 ? mantissa.toString() : `${mantissa}e${exponent}`;
  }
  return withFactor(nano, 1000n, -9, 3, decimalSuffixOf);
}

function withFactor(value: bigint, factor: bigint, start: number, step: number, suffixes: ReadonlyMap<number, string>): string {
  const { mantissa, exponent } = reduced(value, factor, start, step, Math.max(...suffixes.keys()));
  return `${mantissa}${suffixes.get(exponent) ?? ''}`;
}

function reduced(value: bigint, factor: bigint, start: number, step: number, max: number): { mantissa: bigint; exponent: number } {
  let mantissa = value;
  let exponent = start;
  while (mantissa % factor === 0n && exponent < max) {
    mantissa /= factor;
    exponent += step;
  }
  return { mantissa, exponent };
}

const canonical = new Map<string, string>();

/** The text as the API server gives it back: `1024Mi` becomes `1Gi`, `0.5` becomes `500m`. */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const result = formatQuantity(parseQuantity(text));
  if (canonical.size >= maxCached) canonical.clear();
  canonical.set(text, result);
  return result;
}

/** Sum in the format of the first that is not zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Negative, zero or positive, as for sorting. */
export function compareQuantities(a: string | Quantity, b: string | Quantity): number {
  const left = typeof a === 'string' ? parseQuantity(a) : a;
  const right = typeof b === 'string' ? parseQuantity(b) : b;
  return left.nano < right.nano ? -1 : left.nano > right.nano ? 1 : 0;
}

/** Whole units (bytes, devices, cores), rounded up. */
export function quantityUnits(text: string): number {
  return Number(roundedUp(parseQuantity(text).nano, nanoPerUnit));
}

/** Thousandths (of cores), rounded up. */
export function quantityMilli(text: string): number {
  return Number(roundedUp(parseQuantity(text).nano, nanoPerUnit / 1000n));
}

function roundedUp(nano: bigint, unit: bigint): bigint {
  return nano >= 0n ? (nano + unit - 1n) / unit : nano / unit;
}

export function quantityOfMilli(milli: number): string {
  return formatQuantity({ nano: BigInt(Math.round(milli)) * (nanoPerUnit / 1000n), format: 'DecimalSI' });
}

/** Bytes as `64Mi` where that is exact. */
export function quantityOfBytes(bytes: number): string {
  return formatQuantity({ nano: BigInt(Math.round(bytes)) * nanoPerUnit, format: 'BinarySI' });
}
