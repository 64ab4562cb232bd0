import { createHash } from 'node:crypto';
import { tokenize } from './tokenizer.ts';

/** A unit vector of that many dimensions from the text's words: texts that share words lie close. Deterministic. */
export function embed(text: string, dimensions: number): readonly number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const token of tokenize(text.toLowerCase())) {
    const digest = createHash('sha1').update(token.trim()).digest();
    const index = digest.readUInt16BE(0) % dimensions;
    vector[index] = (vector[index] ?? 0) + ((digest[2] ?? 0) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Little-endian 32-bit floats, as OpenAI's clients ask for by default. */
export function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
