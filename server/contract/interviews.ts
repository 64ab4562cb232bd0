import { z } from 'zod';
import { aiDeclarationSchema, aiPolicySchema } from './ai-policy.ts';
import { attemptStateSchema, resultCheckSchema, resultSchema } from './attempts.ts';
import { extraMinutesSchema, percentSchema } from './extra-time.ts';
import { attemptModeSchema } from './labs.ts';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';
import { nameSchema, sessionSchema } from './session.ts';

/**
 * Instructors, managers and administrators:
 * POST /api/interviews                  createInterviewSchema -> newInterviewSchema (201; the link is shown this once)
 * GET  /api/interviews                  -> interviewsSchema, the newest first
 * GET  /api/interviews/compare?ids=a,b  -> interviewReviewsSchema (same exercise only; in the order of the names, which is no ranking)
 * POST /api/interviews/:id/link         -> newInterviewSchema (a new link; the old one ends, and so does its session)
 * POST /api/interviews/:id/revoke       -> interviewSchema (the link and its session end; what runs is ended)
 * POST /api/interviews/:id/erase        -> interviewSchema (name, recordings and what was written go for good; counts stay)
 * Whoever has the link, without an account:
 * GET  /api/interview-links/:token      -> candidateViewSchema (LinkExpired says why a link leads nowhere)
 * POST /api/interview-links/:token      enterInterviewSchema -> enteredInterviewSchema; begins the attempt, or goes back to it and ends the other session
 */
export const MAX_INTERVIEW_DAYS = 60;
export const MAX_RETAIN_DAYS = 730;

export const createInterviewSchema = z.strictObject({
  candidate: nameSchema,
  lab: z.string().min(1).max(60),
  /** `incident`: a mock incident, live. `guided`: something is built first, and breaks then. */
  mode: attemptModeSchema.default('incident'),
  /** Absent: the seed decides. Candidates who are to be compared get the same. */
  fault: z.string().max(60).optional(),
  /** Of the clock that runs first: the incident's, or that of the build steps. */
  minutes: z.int().min(5).max(240),
  aiPolicy: aiPolicySchema,
  extraTime: z.strictObject({ percent: percentSchema, minutes: extraMinutesSchema }).optional(),
  /** Whether the candidate sees the verdict afterwards. */
  showsResult: z.boolean(),
  /** The last moment to begin is so many days from now. */
  expiresInDays: z.int().min(1).max(MAX_INTERVIEW_DAYS),
  /** So many days after the end what is personal is erased. */
  retainDays: z.int().min(1).max(MAX_RETAIN_DAYS),
});
export type CreateInterview = z.infer<typeof createInterviewSchema>;

export const interviewStateSchema = z.enum(['waiting', 'running', 'over', 'expired', 'revoked', 'erased']);
export type InterviewState = z.infer<typeof interviewStateSchema>;

const exerciseSchema = z.strictObject({
  lab: z.strictObject({ slug: z.string(), title: z.string() }),
  mode: attemptModeSchema,
  minutes: z.int(),
  aiPolicy: aiPolicySchema,
});

export const interviewSchema = z.strictObject({
  id: idSchema,
  /** Null once it was erased. */
  candidate: z.string().nullable(),
  /** What the candidate is called everywhere but here. */
  alias: z.string(),
  exercise: exerciseSchema.extend({ fault: z.strictObject({ id: z.string(), title: z.string() }).nullable() }),
  extraTime: z.strictObject({ percent: z.int(), minutes: z.int() }),
  showsResult: z.boolean(),
  state: interviewStateSchema,
  createdBy: personRefSchema,
  createdAt: instantSchema,
  expiresAt: instantSchema,
  consentedAt: instantSchema.nullable(),
  /** When what is personal goes by itself; null once it has. */
  erasedAfter: instantSchema.nullable(),
  attempt: z
    .strictObject({ id: idSchema, state: attemptStateSchema, outcome: resultSchema.shape.outcome.nullable(), score: z.int().nullable() })
    .nullable(),
  /** What stands in the way, such as a lab that is not there any more. */
  problem: z.string().nullable(),
  /** The lab asks for something written, which is the way to give a manifest review or a design case. */
  hasArtefacts: z.boolean(),
});
export type InterviewView = z.infer<typeof interviewSchema>;
export const interviewsSchema = z.strictObject({ interviews: z.array(interviewSchema) });

export const newInterviewSchema = z.strictObject({ interview: interviewSchema, link: z.url() });
export type NewInterview = z.infer<typeof newInterviewSchema>;

/** How somebody went about it, from what was typed. Never part of pass or fail. */
export const processSchema = z.strictObject({
  /** 0 to 100. */
  score: z.int(),
  /** Nobody typed anything that could be read. */
  isEmpty: z.boolean(),
  points: z.array(
    z.strictObject({ id: z.string(), title: z.string(), points: z.int(), of: z.int(), words: z.string(), seen: z.array(z.string()) }),
  ),
});
export type ProcessView = z.infer<typeof processSchema>;

export const interviewReviewSchema = z.strictObject({
  interview: interviewSchema,
  /** Null while it runs, and where nothing was begun. */
  result: resultSchema
    .pick({ outcome: true, score: true, passMark: true, headline: true, dimensions: true, restoredAfterMs: true, hintsUsed: true })
    .extend({
      checks: z.array(resultCheckSchema.pick({ id: true, title: true, verdict: true, reason: true, critical: true })),
      recordings: z.int(),
    })
    .nullable(),
  declaration: aiDeclarationSchema.nullable(),
  /** Null until it is over, and after it was erased. */
  process: processSchema.nullable(),
});
export type InterviewReview = z.infer<typeof interviewReviewSchema>;
export const interviewReviewsSchema = z.strictObject({ reviews: z.array(interviewReviewSchema) });

/** What the candidate is told. Names no fault. */
export const candidateViewSchema = z.strictObject({
  candidate: z.string(),
  exercise: exerciseSchema,
  /** With the extra time that the candidate has; of a guided lab both clocks together. */
  totalMinutes: z.int(),
  extraMinutes: z.int(),
  objectives: z.array(z.string()),
  asksStatus: z.boolean(),
  hasArtefacts: z.boolean(),
  askedBy: z.string(),
  showsResult: z.boolean(),
  retainDays: z.int(),
  expiresAt: instantSchema,
  state: z.enum(['waiting', 'running', 'over']),
  /** The attempt, and whether this browser is the one that is let in. */
  attemptId: idSchema.nullable(),
  isHere: z.boolean(),
  /** What AI assistants were used for was declared. */
  isDeclared: z.boolean(),
  /** Only when it is over and may be seen. */
  result: z
    .strictObject({
      outcome: resultSchema.shape.outcome,
      headline: z.string(),
      score: z.int().nullable(),
      checks: z.array(
        z.strictObject({ id: z.string(), title: z.string(), verdict: resultCheckSchema.shape.verdict, reason: z.string().nullable() }),
      ),
    })
    .nullable(),
});
export type CandidateView = z.infer<typeof candidateViewSchema>;

/** `consents` and the policy that was read; a policy that is another meanwhile is refused. */
export const enterInterviewSchema = z.strictObject({ consents: z.literal(true), acknowledges: aiPolicySchema });
export const enteredInterviewSchema = z.strictObject({ session: sessionSchema, attemptId: idSchema });
export type EnteredInterview = z.infer<typeof enteredInterviewSchema>;
