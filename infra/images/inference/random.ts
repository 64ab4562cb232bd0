import { createHash } from 'node:crypto';

/** A number in [0, 1) that depends on nothing but its inputs. */
export function hashFraction(...parts: readonly string[]): number {
  return createHash('sha256').update(parts.join('\u0000')).digest().readUInt32BE(0) / 0x1_0000_0000;
}

/** A whole number in [0, count) that depends on nothing but its inputs. */
export function hashIndex(count: number, ...parts: readonly string[]): number {
  return Math.floor(hashFraction(...parts) * count);
}
