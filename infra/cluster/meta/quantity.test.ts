import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityFault,
  quantityMilli,
  quantityOfBytes,
  quantityOfMilli,
  quantityUnits,
  subtractQuantities,
} from './quantity.ts';

describe('canonical text', () => {
  it.each([
    ['0', '0'],
    ['0Mi', '0'],
    ['1', '1'],
    ['1000', '1k'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1.', '1'],
    ['+1', '1'],
    ['-2', '-2'],
    ['1024Mi', '1Gi'],
    ['1025Mi', '1025Mi'],
    ['0.5Gi', '512Mi'],
    ['1000Ki', '1000Ki'],
    ['512', '512'],
    ['1023', '1023'],
    ['1.5Ki', '1536'],
    ['1Ki', '1Ki'],
    ['1.1Ki', '1126400m'],
    ['100n', '100n'],
    ['0.1n', '1n'],
    ['1e3', '1e3'],
    ['1500e-3', '1500e-3'],
    ['1E', '1E'],
    ['9223372036854775807', '9223372036854775807'],
    ['99999999999999999999', '9223372036854775807'],
    ['12345678901234567', '12345678901234567'],
  ])('%s becomes %s', (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });
});

describe('faults', () => {
  const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  it.each([
    ['64Q', wrongFormat],
    ['', wrongFormat],
    ['abc', wrongFormat],
    ['1.2.3', wrongFormat],
    ['1 Gi', wrongFormat],
    ['9'.repeat(200), wrongFormat],
    ['1kM', "unable to parse quantity's suffix"],
    ['1e99999', "unable to parse quantity's suffix"],
    ['.', 'unable to parse numeric part of quantity'],
  ])('%s', (text, message) => {
    expect(quantityFault(text)).toBe(message);
  });

  it('finds none in a quantity', () => {
    expect(quantityFault('64Mi')).toBeUndefined();
  });
});

describe('arithmetic', () => {
  const sum = (a: string, b: string): string => formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));

  it('keeps the format of the first that is not zero', () => {
    expect(sum('128Mi', '128Mi')).toBe('256Mi');
    expect(sum('0', '128Mi')).toBe('128Mi');
    expect(sum('100m', '0.9')).toBe('1');
    expect(formatQuantity(subtractQuantities(parseQuantity('1Gi'), parseQuantity('512Mi')))).toBe('512Mi');
  });

  it('compares by value, not by text', () => {
    expect(compareQuantities('1', '1000m')).toBe(0);
    expect(compareQuantities('65Mi', '64Mi')).toBeGreaterThan(0);
    expect(compareQuantities('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
  });

  it('rounds what is asked for up', () => {
    expect(quantityMilli('0.0001')).toBe(1);
    expect(quantityMilli('1500m')).toBe(1500);
    expect(quantityUnits('1500m')).toBe(2);
    expect(quantityUnits('1Gi')).toBe(1_073_741_824);
  });

  it('writes measured amounts', () => {
    expect(quantityOfMilli(250)).toBe('250m');
    expect(quantityOfBytes(67_108_864)).toBe('64Mi');
    expect(quantityOfBytes(1_000_001)).toBe('1000001');
  });
});
