/** What 0 to 3 mean, in every rubric. */
export const SCORE_LABELS: readonly string[] = ['Not there', 'Weak', 'Good', 'A model for others'];
