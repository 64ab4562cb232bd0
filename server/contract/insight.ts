import { z } from 'zod';
import { figureValueSchema, groupingSchema, metricIdSchema } from './program.ts';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * What the verdicts say besides who passed: how good the labs' checks are, what people can do, who may be on call, and what is due again.
 * Somebody's evidence is shown to themselves, to instructors and administrators, and to managers who are named for one of their cohorts; each
 * look at somebody else's is in the audit log.
 * GET /api/insight/items?level=&lab=&version=&fault=   -> itemsSchema (staff; no names)
 * GET /api/insight/items/evidence?level=&lab=&...&number=  -> itemEvidenceSchema (staff; attempts of people the caller may look into)
 * GET /api/insight/items.csv?level=&lab=&...           text/csv (staff)
 * GET /api/insight/skills?person=                      -> personSkillsSchema (own without `person`)
 * GET /api/insight/skills/cohorts/:id                  -> cohortSkillsSchema (staff; a distribution, never who)
 * GET /api/insight/people                              -> insightPeopleSchema (whom the caller may look into)
 * GET /api/insight/on-call                             -> onCallSchema (own row; staff: whom they may look into)
 * GET /api/insight/on-call.csv                         text/csv (staff)
 * GET /api/insight/due?person=                         -> dueSchema (own)
 * GET /api/insight/due/everybody                       -> dueSchema (staff: whom they may look into)
 * GET /api/insight/figures/evidence?metric=&at=&by=&name=  -> figureEvidenceSchema (managers)
 * GET /api/insight/report.pdf?by=&name=                application/pdf (managers)
 * GET /api/insight/cohort-managers                     -> cohortManagersSchema (managers)
 * PUT /api/insight/cohort-managers/:cohort             saveCohortManagersSchema -> cohortManagersSchema (administrators)
 */
export const itemLevelSchema = z.enum(['lab', 'version', 'fault', 'check']);
export type ItemLevel = z.infer<typeof itemLevelSchema>;

/** The numbers of an item. Each says how many observations it stands on, or why there is none. */
export const itemNumberSchema = z.enum([
  'passRate',
  'medianMs',
  'hints',
  'falseFail',
  'falsePass',
  'inconclusive',
  'flaky',
  'discrimination',
]);
export type ItemNumber = z.infer<typeof itemNumberSchema>;

const itemPlace = {
  lab: z.string().max(60),
  /** `version hash`, the hash by its first eight characters. */
  version: z.string().max(60),
  fault: z.string().max(60),
};

export const itemSchema = z.strictObject({
  /** Names the item among those of its level. */
  key: z.string(),
  level: itemLevelSchema,
  lab: z.strictObject({ slug: z.string(), title: z.string() }),
  version: z.string().nullable(),
  fault: z.string().nullable(),
  check: z
    .strictObject({ id: z.string(), title: z.string(), dimension: z.string(), critical: z.boolean(), hidden: z.boolean() })
    .nullable(),
  /** Attempts with a verdict of the grader. */
  attempts: z.int(),
  people: z.int(),
  numbers: z.record(itemNumberSchema, figureValueSchema),
});
export type Item = z.infer<typeof itemSchema>;

export const itemsQuerySchema = z.object({
  level: itemLevelSchema.default('lab'),
  lab: itemPlace.lab.optional(),
  version: itemPlace.version.optional(),
  fault: itemPlace.fault.optional(),
});
export type ItemsQuery = z.infer<typeof itemsQuerySchema>;

export const itemsSchema = z.strictObject({
  items: z.array(itemSchema),
  /** Fewer observations than this give no number, and fewer than the second no discrimination. */
  leastOf: z.int(),
  leastOfDiscrimination: z.int(),
  /** What each number is, in a sentence. */
  definitions: z.record(itemNumberSchema, z.string()),
  /** What can be chosen. */
  labs: z.array(z.strictObject({ slug: z.string(), title: z.string(), versions: z.array(z.string()), faults: z.array(z.string()) })),
});
export type Items = z.infer<typeof itemsSchema>;

export const itemEvidenceQuerySchema = itemsQuerySchema.extend({
  check: z.string().max(120).optional(),
  number: itemNumberSchema,
});
export type ItemEvidenceQuery = z.infer<typeof itemEvidenceQuerySchema>;

/** An attempt behind a number; its result page has the rest. */
export const evidenceRowSchema = z.strictObject({
  attemptId: idSchema,
  people: z.array(personRefSchema),
  lab: z.string(),
  at: instantSchema,
  /** What it says to the number, in words. */
  words: z.string(),
});
export type EvidenceRow = z.infer<typeof evidenceRowSchema>;

export const itemEvidenceSchema = z.strictObject({
  definition: z.string(),
  /** The newest first, at most 200. */
  rows: z.array(evidenceRowSchema),
  /** How many more there are that are not shown, because they are of people whom the caller may not look into. */
  withheld: z.int(),
});
export type ItemEvidence = z.infer<typeof itemEvidenceSchema>;

export const skillLevelSchema = z.enum(['not yet', 'meets', 'exceeds']);
export type SkillLevel = z.infer<typeof skillLevelSchema>;

export const startSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lab'), slug: z.string(), title: z.string() }),
  z.strictObject({ kind: z.literal('certificate'), id: z.string() }),
]);
export type Start = z.infer<typeof startSchema>;

export const skillSchema = z.strictObject({
  dimension: z.string(),
  /** What the evidence of now says; `not yet` also where there is none. */
  level: skillLevelSchema,
  /** `current`: shown recently enough. `lapsed`: it was met and has to be shown again. `unseen`: too little was seen to tell. */
  standing: z.enum(['current', 'lapsed', 'unseen', 'not yet']),
  /** Checks that were seen, and how many of them passed. */
  checks: z.int(),
  passed: z.int(),
  /** 0 to 1, newer checks counting more; null where nothing was seen. */
  share: z.number().nullable(),
  lastShownAt: instantSchema.nullable(),
  /** By when it has to be shown again; null where it is not met. */
  dueAt: instantSchema.nullable(),
  why: z.string(),
  /** What to do next; null where nothing has to be done. */
  next: z.string().nullable(),
  start: startSchema.nullable(),
  /** The newest first, at most 10. */
  evidence: z.array(z.strictObject({ attemptId: idSchema, lab: z.string(), at: instantSchema, passed: z.int(), of: z.int() })),
});
export type Skill = z.infer<typeof skillSchema>;

export const personSkillsSchema = z.strictObject({
  person: personRefSchema,
  /** All eight dimensions, in the scorecard's order. */
  skills: z.array(skillSchema),
  /** How levels are made and how they age, in sentences. */
  rules: z.array(z.string()),
});
export type PersonSkills = z.infer<typeof personSkillsSchema>;

export const cohortSkillsSchema = z.strictObject({
  cohort: z.strictObject({ id: idSchema, name: z.string(), members: z.int() }),
  /** Why there is no distribution; null where there is one. */
  why: z.string().nullable(),
  dimensions: z.array(
    z.strictObject({
      dimension: z.string(),
      exceeds: z.int(),
      meets: z.int(),
      'not yet': z.int(),
      lapsed: z.int(),
      unseen: z.int(),
    }),
  ),
});
export type CohortSkills = z.infer<typeof cohortSkillsSchema>;

export const insightPeopleSchema = z.strictObject({ people: z.array(personRefSchema) });

export const onCallPersonSchema = z.strictObject({
  person: personRefSchema,
  /** `ready` now; `nearly`: one thing is missing; `lapsed`: was ready and is no longer; `not yet`. */
  state: z.enum(['ready', 'nearly', 'lapsed', 'not yet']),
  /** Ready: until when, null without an end. Lapsed: since when. Else null. */
  until: instantSchema.nullable(),
  met: z.array(z.string()),
  missing: z.array(z.strictObject({ title: z.string(), why: z.string(), next: z.string(), start: startSchema.nullable() })),
});
export type OnCallPerson = z.infer<typeof onCallPersonSchema>;

export const onCallServiceSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  /** What it asks for, a sentence each. */
  asks: z.array(z.string()),
  /** How many people were counted: `not yet` are counted but not listed for staff. */
  counts: z.strictObject({ ready: z.int(), nearly: z.int(), lapsed: z.int(), 'not yet': z.int() }),
  people: z.array(onCallPersonSchema),
});
export type OnCallService = z.infer<typeof onCallServiceSchema>;

export const onCallSchema = z.strictObject({
  services: z.array(onCallServiceSchema),
  /** Rules that do not load; empty for trainees. */
  problems: z.array(z.string()),
});
export type OnCall = z.infer<typeof onCallSchema>;

export const dueItemSchema = z.strictObject({
  key: z.string(),
  person: personRefSchema,
  kind: z.enum(['certificate', 'skill', 'on-call']),
  title: z.string(),
  dueAt: instantSchema,
  /** Which list it is in. */
  within: z.enum(['overdue', '30 days', '60 days', '90 days']),
  /** What to do, in a sentence. */
  next: z.string(),
  start: startSchema.nullable(),
});
export type DueItem = z.infer<typeof dueItemSchema>;
export const dueSchema = z.strictObject({ items: z.array(dueItemSchema) });

export const personQuerySchema = z.object({ person: idSchema.optional() });

export const figureEvidenceQuerySchema = z
  .object({
    metric: metricIdSchema,
    /** The point that was opened; absent: now. */
    at: instantSchema.optional(),
    /** Instead: the end of a day of the programme; 0 is what was before. */
    day: z.coerce.number().int().min(0).max(90).optional(),
    by: groupingSchema.optional(),
    name: z.string().max(80).optional(),
  })
  .refine(({ by, name }) => (by === undefined) === (name === undefined), 'Say both by what and which one, or neither');
export type FigureEvidenceQuery = z.infer<typeof figureEvidenceQuerySchema>;

export const figureEvidenceSchema = z.strictObject({
  title: z.string(),
  definition: z.string(),
  of: z.string(),
  at: instantSchema,
  /** The day of the programme, where the point was opened by its day. */
  day: z.int().nullable(),
  /** The point's own number. */
  figure: figureValueSchema,
  unit: z.string(),
  /** Why nothing is shown; null where it is. */
  why: z.string().nullable(),
  rows: z.array(
    z.strictObject({
      at: instantSchema,
      person: personRefSchema.nullable(),
      what: z.string(),
      value: z.string(),
      /** Where it can be read; null for what was never begun, and for imports. */
      attemptId: idSchema.nullable(),
    }),
  ),
  /** How many belong to the point and are of people whom the caller may not look into, or beyond the first 500. */
  withheld: z.int(),
});
export type FigureEvidence = z.infer<typeof figureEvidenceSchema>;

export const cohortManagersSchema = z.strictObject({
  cohorts: z.array(z.strictObject({ id: idSchema, name: z.string(), managers: z.array(personRefSchema) })),
  /** Who can be named; empty for whoever may not name anybody. */
  candidates: z.array(personRefSchema),
});
export type CohortManagersView = z.infer<typeof cohortManagersSchema>;
export const saveCohortManagersSchema = z.strictObject({ personIds: z.array(idSchema).max(50) });
