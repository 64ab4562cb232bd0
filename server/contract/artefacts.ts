import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * What is written in an attempt. Whose attempt it is writes, until it was accepted; instructors, managers and the writers' mentors read and review.
 * GET  /api/attempts/:id/artefacts                          -> artefactsSchema (empty until the sandbox was made, and for labs that ask for none)
 * PUT  /api/attempts/:id/artefacts/:artefact                saveArtefactSchema -> artefactViewSchema (Conflict: written elsewhere meanwhile)
 * POST /api/attempts/:id/artefacts/:artefact/submit         submitArtefactSchema -> artefactViewSchema (the verdict submits what was kept by itself)
 * GET  /api/attempts/:id/artefacts/:artefact/versions       -> { versions: artefactVersionSchema[] } (the newest first)
 * GET  /api/attempts/:id/artefacts/:artefact/versions/:n    -> { content: artefactContentSchema }
 * POST /api/attempts/:id/artefacts/:artefact/rating         rateArtefactSchema -> artefactViewSchema (reviewers, never of their own)
 * GET  /api/attempts/:id/artefacts/:artefact/reviews        -> artefactReviewsSchema (every rating, and what was said about which version)
 * POST /api/attempts/:id/artefacts/:artefact/threads        startThreadSchema -> artefactReviewsSchema (201; reviewers, of what was handed in)
 * POST /api/attempts/:id/artefacts/:artefact/threads/:thread            replySchema -> artefactReviewsSchema (201; reviewers and writers)
 * PUT  /api/attempts/:id/artefacts/:artefact/threads/:thread/resolution resolveThreadSchema -> artefactReviewsSchema (reviewers and writers)
 */
const fieldId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/)
  .max(60);

const fieldFields = { id: z.string(), label: z.string(), help: z.string().optional() };
export const artefactFieldSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), ...fieldFields, template: z.string() }),
  z.strictObject({
    kind: z.literal('choice'),
    ...fieldFields,
    options: z.array(z.strictObject({ value: z.string(), label: z.string() })),
  }),
  z.strictObject({
    kind: z.literal('table'),
    ...fieldFields,
    columns: z.array(z.strictObject({ id: z.string(), label: z.string() })),
    /** May begin with the record of the attempt; it then has the columns `at` and `what`. */
    fromRecord: z.boolean(),
    /** May take up measured runs; it then has the columns `run`, `cost`, `latency` and `quality`. */
    fromRuns: z.boolean().optional(),
  }),
]);
export type ArtefactFieldView = z.infer<typeof artefactFieldSchema>;

/** Texts of Markdown, values of choices, rows of tables, each by its field. */
export const artefactContentSchema = z.record(
  fieldId,
  z.union([z.string().max(20_000), z.array(z.record(fieldId, z.string().max(500))).max(60)]),
);
export type ArtefactContentView = z.infer<typeof artefactContentSchema>;

export const artefactVersionContentSchema = z.strictObject({ content: artefactContentSchema });

/** Together no more than a request may hold. */
export const MAX_ARTEFACT_CHARACTERS = 60_000;

/** `basedOn`: the revision that was changed; another one on the server means that somebody wrote elsewhere. */
export const saveArtefactSchema = z.strictObject({
  basedOn: z.int().min(0),
  content: artefactContentSchema.refine(
    (content) => JSON.stringify(content).length <= MAX_ARTEFACT_CHARACTERS,
    `At most ${MAX_ARTEFACT_CHARACTERS} characters in all.`,
  ),
});
export const submitArtefactSchema = z.strictObject({ basedOn: z.int().min(0) });

/** 0 not there, 1 weak, 2 good, 3 a model for others. */
export const rateArtefactSchema = z.strictObject({
  version: z.int().min(1),
  scores: z.record(fieldId, z.int().min(0).max(3)),
  comment: z.string().trim().max(4000),
  accepted: z.boolean(),
});

/** Where a comment belongs: a field, and a line of its text or a row of its table, counted from 1. */
const placeFields = { field: fieldId, line: z.int().min(1).max(20_000).nullable() };
const commentTextSchema = z.string().trim().min(1, 'Write something first').max(2000);
export const startThreadSchema = z.strictObject({
  version: z.int().min(1),
  /** Null: the whole of it. */
  place: z.strictObject(placeFields).nullable(),
  text: commentTextSchema,
});
export type StartThread = z.infer<typeof startThreadSchema>;
export const replySchema = z.strictObject({ text: commentTextSchema });
export const resolveThreadSchema = z.strictObject({ resolved: z.boolean() });
export const MAX_COMMENTS = 300;

/** With the words that stood there, so that a comment can be understood beside a later version. */
export const commentPlaceSchema = z.strictObject({ ...placeFields, quote: z.string() });
export type CommentPlace = z.infer<typeof commentPlaceSchema>;

export const reviewThreadSchema = z.strictObject({
  id: idSchema,
  version: z.int(),
  place: commentPlaceSchema.nullable(),
  /** The oldest first. */
  comments: z.array(z.strictObject({ id: idSchema, by: personRefSchema, at: instantSchema, text: z.string() })),
  resolved: z.strictObject({ by: personRefSchema, at: instantSchema }).nullable(),
});
export type ReviewThread = z.infer<typeof reviewThreadSchema>;

/** `open`: not handed in. `returned`: not accepted, and not handed in again since. */
export const artefactStateSchema = z.enum(['open', 'handed-in', 'returned', 'accepted']);
export type ArtefactState = z.infer<typeof artefactStateSchema>;

export const artefactRatingSchema = z.strictObject({
  by: personRefSchema,
  at: instantSchema,
  version: z.int(),
  scores: z.record(z.string(), z.int()),
  comment: z.string(),
  accepted: z.boolean(),
});
export type ArtefactRating = z.infer<typeof artefactRatingSchema>;

/** What a machine asks of it, and whether what was kept meets it. */
export const artefactFindingSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  explain: z.string(),
  ok: z.boolean(),
  reason: z.string().nullable(),
});
export type ArtefactFinding = z.infer<typeof artefactFindingSchema>;

export const artefactViewSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  purpose: z.string(),
  fields: z.array(artefactFieldSchema),
  rubric: z.array(z.strictObject({ id: z.string(), title: z.string() })),
  content: artefactContentSchema,
  /** Grows with every save; 0 before the first. */
  revision: z.int(),
  /** The version that `content` is of; null before the first save. */
  version: z.int().nullable(),
  savedAt: instantSchema.nullable(),
  submitted: z.strictObject({ version: z.int(), at: instantSchema }).nullable(),
  state: artefactStateSchema,
  /** Questions whose answer would give the verdict away are left out while the attempt runs. */
  findings: z.array(artefactFindingSchema),
  /** The newest; all are kept. */
  rating: artefactRatingSchema.nullable(),
  mayWrite: z.boolean(),
  mayRate: z.boolean(),
});
export type ArtefactView = z.infer<typeof artefactViewSchema>;

export const artefactReviewsSchema = z.strictObject({
  /** The newest first; the first one holds. */
  ratings: z.array(artefactRatingSchema),
  /** In the order they were begun. */
  threads: z.array(reviewThreadSchema),
  /** Whether the caller may begin one. */
  mayBegin: z.boolean(),
  mayAnswer: z.boolean(),
});
export type ArtefactReviews = z.infer<typeof artefactReviewsSchema>;

export const artefactsSchema = z.strictObject({
  attempt: z.strictObject({ id: idSchema, title: z.string(), person: personRefSchema, ended: z.boolean(), mine: z.boolean() }),
  artefacts: z.array(artefactViewSchema),
  /** What the product itself noted since the incident began, to begin a timeline with. */
  record: z.array(z.strictObject({ at: instantSchema, what: z.string() })),
});
export type Artefacts = z.infer<typeof artefactsSchema>;

export const artefactVersionSchema = z.strictObject({
  version: z.int(),
  by: personRefSchema,
  startedAt: instantSchema,
  savedAt: instantSchema,
  submitted: z.boolean(),
});
export const artefactVersionsSchema = z.strictObject({ versions: z.array(artefactVersionSchema) });
export type ArtefactVersion = z.infer<typeof artefactVersionSchema>;
