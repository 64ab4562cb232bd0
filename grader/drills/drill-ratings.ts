/** From the best to the worst. */
export const objectiveRatings = ['performed', 'some-challenges', 'major-challenges', 'unable'] as const;
export type ObjectiveRating = (typeof objectiveRatings)[number];

/**
 * What several evaluators say of one objective together: the middle of their ratings, the worse of two middles, since what one of two saw going wrong went wrong.
 * Undefined when nobody rated it. Pure.
 */
export function joinRatings(ratings: readonly ObjectiveRating[]): ObjectiveRating | undefined {
  const ranks = ratings.map((rating) => objectiveRatings.indexOf(rating)).sort((a, b) => a - b);
  return objectiveRatings[ranks[Math.floor(ranks.length / 2)] ?? -1];
}

/** Of scores from 0 to 3, with one decimal; undefined when there is none. Pure. */
export function meanScore(scores: readonly number[]): number | undefined {
  if (scores.length === 0) return undefined;
  return Math.round((scores.reduce((sum, score) => sum + score, 0) / scores.length) * 10) / 10;
}
