import { z } from 'zod';
import { trackSchema } from './labs.ts';
import { instantSchema, personRefSchema } from './roles.ts';

/**
 * The check that says on which track a person begins.
 * GET  /api/readiness                       -> readinessSchema (the caller's own, as far as it was answered)
 * PUT  /api/readiness/answers               saveAnswerSchema -> readinessSchema (one question; kept at once)
 * POST /api/readiness/submit                -> readinessSchema (Conflict while a question is open; places the person)
 * GET  /api/readiness/people                -> placedPeopleSchema (instructors, managers)
 * POST /api/readiness/people/:id/placement  overruleSchema -> placementSchema (201; instructors, managers, never of themselves)
 */
export const readinessDimensionSchema = z.enum(['linux', 'cloud', 'scripting', 'incident', 'appetite']);
export type ReadinessDimension = z.infer<typeof readinessDimensionSchema>;

export const DIMENSION_LABELS: Readonly<Record<ReadinessDimension, string>> = {
  linux: 'Linux',
  cloud: 'Cloud and Kubernetes',
  scripting: 'Scripting',
  incident: 'Incident maturity',
  appetite: 'Appetite',
};

const key = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/)
  .max(60);

/** Without what each option is worth: that never leaves the server. */
export const readinessQuestionSchema = z.strictObject({
  id: key,
  dimension: readinessDimensionSchema,
  /** `several`: as many options as apply; a wrong one costs. */
  kind: z.enum(['one', 'several']),
  text: z.string(),
  /** What the question is about, to be read letter by letter. */
  code: z.string().nullable(),
  options: z.array(z.strictObject({ id: key, text: z.string() })),
});
export type ReadinessQuestion = z.infer<typeof readinessQuestionSchema>;

const answersSchema = z.record(key, z.array(key));
export type ReadinessAnswers = z.infer<typeof answersSchema>;

export const placementSchema = z.strictObject({
  track: trackSchema,
  /** `check`: what the answers say. `overruled`: what somebody said instead; it holds over every check. */
  kind: z.enum(['check', 'overruled']),
  at: instantSchema,
  by: personRefSchema,
  /** Why, in sentences. */
  reasons: z.array(z.string()),
  /** In percent of what can be had; empty when somebody placed the person. */
  scores: z.array(z.strictObject({ dimension: readinessDimensionSchema, percent: z.int() })),
  /** Of the questions; null when somebody placed the person. */
  version: z.int().nullable(),
});
export type Placement = z.infer<typeof placementSchema>;

export const readinessSchema = z.strictObject({
  version: z.int(),
  minutes: z.int(),
  questions: z.array(readinessQuestionSchema),
  answers: answersSchema,
  savedAt: instantSchema.nullable(),
  /** What holds now; null: nobody has placed the person. */
  current: placementSchema.nullable(),
  /** The newest first. */
  history: z.array(placementSchema),
  /** When the check may be taken again; null: it is open. */
  opensAt: instantSchema.nullable(),
});
export type Readiness = z.infer<typeof readinessSchema>;

export const saveAnswerSchema = z.strictObject({
  /** Of the questions as the page has them: others may have come in an update meanwhile. */
  version: z.int(),
  question: key,
  options: z.array(key).max(12),
});

export const overruleSchema = z.strictObject({
  track: trackSchema,
  reason: z.string().trim().min(10, 'Say why, in ten characters at least: the person reads it').max(1000),
});

export const placedPeopleSchema = z.strictObject({
  questions: z.int(),
  people: z.array(
    z.strictObject({
      person: personRefSchema,
      answered: z.int(),
      current: placementSchema.nullable(),
      /** What the person's own answers said last. */
      check: placementSchema.nullable(),
    }),
  ),
});
export type PlacedPeople = z.infer<typeof placedPeopleSchema>;
export type PlacedPerson = PlacedPeople['people'][number];
