/**
 * What a check answers. A probe or an API call that could not be made is `inconclusive`: our fault, never the trainee's, and
 * never a pass (GRADING.md, rule 8).
 */
export type Verdict =
  | { readonly kind: 'pass'; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'fail'; readonly evidence: readonly Evidence[]; readonly reason: string }
  | { readonly kind: 'inconclusive'; readonly evidence: readonly Evidence[]; readonly reason: string };

/** One observation. `detail` is JSON that an auditor can read; Secret data, tokens and keys are redacted before they get here. */
export interface Evidence {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly kind: 'object' | 'probe' | 'sample' | 'log' | 'file' | 'baseline' | 'note';
  /** One line for a person. */
  readonly summary: string;
  readonly detail?: unknown;
}

export type ScorecardDimension =
  | 'cloud-kubernetes'
  | 'iac-cicd'
  | 'mlops-lifecycle'
  | 'observability-reliability'
  | 'security-governance'
  | 'system-design'
  | 'communication'
  | 'collaboration';

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  /** Points this check is worth; those of a scorecard are normalised to 100 when summed. */
  readonly weight: number;
  readonly critical: boolean;
  readonly hidden: boolean;
  readonly dimension: ScorecardDimension;
  readonly verdict: Verdict;
  /** It would have disturbed the sandbox, and nobody had asked for that: the verdict says nothing. */
  readonly untried?: true;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** When a stability window held: the time of its first healthy sample. */
  readonly recoveredAt?: string;
}

/**
 * `passed`: every critical check passes and the score reaches the lab's mark. `inconclusive`: some check that could decide could not be
 * made. Scores are 0 to 100, rounded down.
 */
export interface Scorecard {
  readonly outcome: 'passed' | 'failed' | 'inconclusive';
  readonly score: number;
  readonly passMark: number;
  readonly headline: string;
  readonly checks: readonly CheckResult[];
  readonly dimensions: readonly {
    readonly dimension: ScorecardDimension;
    readonly level: 'not yet' | 'meets' | 'exceeds';
    readonly points: number;
    readonly of: number;
  }[];
  /** When service was restored, if it was: the latest `recoveredAt` of the critical checks. */
  readonly restoredAt?: string;
  readonly labHash: string;
  readonly gradedAt: string;
}
