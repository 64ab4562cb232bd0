/** One person's answer to one item, and their score in the rest. */
export interface Pair {
  readonly holds: boolean;
  readonly score: number;
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

/**
 * The point-biserial correlation, −1 to 1: (M₁ − M₀) / s · √(p·q), with the standard deviation of the whole population, which is Pearson’s
 * correlation of a yes or no with a number. Undefined when all said the same or all scored the same.
 */
export function pointBiserial(pairs: readonly Pair[]): number | undefined {
  const scores = pairs.map(({ score }) => score);
  const [ofThose, ofOthers] = [true, false].map((holds) => mean(pairs.filter((pair) => pair.holds === holds).map(({ score }) => score)));
  const all = mean(scores);
  if (ofThose === undefined || ofOthers === undefined || all === undefined) return undefined;
  const deviation = Math.sqrt(mean(scores.map((score) => (score - all) ** 2)) ?? 0);
  if (deviation < 1e-9) return undefined;
  const share = pairs.filter(({ holds }) => holds).length / pairs.length;
  return ((ofThose - ofOthers) / deviation) * Math.sqrt(share * (1 - share));
}
