import { z } from 'zod';
import { checkCorrectionSchema } from '../contract/certification.ts';

/** One check of a verdict, without what was seen. */
const gradedCheckSchema = z.object({
  id: z.string(),
  title: z.string(),
  weight: z.number(),
  critical: z.boolean(),
  hidden: z.boolean(),
  dimension: z.string(),
  verdict: z.object({ kind: z.enum(['pass', 'fail', 'inconclusive']) }).transform(({ kind }) => kind),
  recoveredAt: z.string().optional(),
});

const scorecardSchema = z.object({
  outcome: z.enum(['passed', 'failed', 'inconclusive']),
  score: z.number(),
  checks: z.array(gradedCheckSchema),
});

/** A verdict's payload in the chain (attempts/jobs/grade.ts). Verdicts from before tries were kept have none. */
const verdictPayloadSchema = z.object({
  lab: z.object({ slug: z.string(), title: z.string(), version: z.string(), hash: z.string() }),
  injection: z.object({ fault: z.string() }).nullish(),
  variant: z.object({ fault: z.string() }),
  scorecard: scorecardSchema,
  tries: z.array(z.record(z.string(), z.enum(['pass', 'fail', 'inconclusive']))).default([]),
});

/** A regrade's payload in the chain (certification/appeals.ts). */
const regradePayloadSchema = z.object({ corrections: z.record(z.string(), checkCorrectionSchema) });

export type CheckOutcome = 'pass' | 'fail' | 'inconclusive';
export type Corrections = z.infer<typeof regradePayloadSchema>['corrections'];

export interface GradedCheck {
  readonly id: string;
  readonly title: string;
  readonly weight: number;
  readonly critical: boolean;
  readonly hidden: boolean;
  readonly dimension: string;
  readonly outcome: CheckOutcome;
  readonly recoveredAtMs: number | null;
}

/** What a machine said of an attempt, as far as numbers need it. */
export interface VerdictGrading {
  readonly kind: 'verdict';
  readonly atMs: number;
  readonly lab: { readonly slug: string; readonly title: string; readonly version: string; readonly hash: string };
  readonly fault: string;
  readonly outcome: 'passed' | 'failed' | 'inconclusive';
  readonly score: number;
  readonly checks: readonly GradedCheck[];
  /** What the checks said when the same state was judged just before, because that had decided nothing. */
  readonly tries: readonly Readonly<Record<string, CheckOutcome>>[];
}

/** What a person said of checks after an appeal. */
export interface RegradeGrading {
  readonly kind: 'regrade';
  readonly atMs: number;
  readonly corrections: Corrections;
}

export type Grading = VerdictGrading | RegradeGrading;

/** Null for a payload that is not of the form that this version writes: it counts in no number. */
export function readGrading(kind: 'verdict' | 'regrade', atMs: number, payload: unknown): Grading | null {
  if (kind === 'regrade') {
    const parsed = regradePayloadSchema.safeParse(payload);
    return parsed.success ? { kind, atMs, corrections: parsed.data.corrections } : null;
  }
  const parsed = verdictPayloadSchema.safeParse(payload);
  if (!parsed.success) return null;
  const { lab, injection, variant, scorecard, tries } = parsed.data;
  const { slug, title, version, hash } = lab;
  return {
    kind,
    atMs,
    lab: { slug, title, version, hash },
    fault: injection?.fault ?? variant.fault,
    outcome: scorecard.outcome,
    score: scorecard.score,
    checks: scorecard.checks.map(({ verdict, recoveredAt, ...check }) => ({
      ...check,
      outcome: verdict,
      recoveredAtMs: recoveredAt === undefined ? null : Date.parse(recoveredAt),
    })),
    tries,
  };
}
