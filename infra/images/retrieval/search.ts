import type { SearchIndex } from './index-file.ts';

export interface Hit {
  readonly path: string;
  readonly heading: string;
  readonly text: string;
  /** Cosine of the angle between question and chunk, -1 to 1. */
  readonly score: number;
}

/** The `k` chunks closest to a query. The vectors are of one length. */
export function search(index: SearchIndex, query: readonly number[], k: number): readonly Hit[] {
  return index.chunks
    .map(({ path, heading, text, vector }) => ({ path, heading, text, score: Math.round(cosine(vector, query) * 10_000) / 10_000 }))
    .sort((a, b) => b.score - a.score || a.path.localeCompare(b.path))
    .slice(0, k);
}

/** Why this index cannot be searched with vectors of this model; undefined when it can. */
export function findMismatch(index: SearchIndex, model: string, dimensions: number): string | undefined {
  const { model: builtWith, dimensions: has } = index;
  if (has === dimensions && builtWith === model) return undefined;
  const now = `the embedding model is now ${JSON.stringify(model)} with ${dimensions}`;
  return `The index was built with the embedding model ${JSON.stringify(builtWith)} and has ${has} dimensions, but ${now}. Build it anew: POST /reindex.`;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA === 0 || lengthB === 0 ? 0 : dot / Math.sqrt(lengthA * lengthB);
}
