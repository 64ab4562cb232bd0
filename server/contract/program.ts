import { z } from 'zod';
import { trackSchema, type Track } from './labs.ts';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';
import { nameSchema } from './session.ts';

/**
 * What a programme of ninety days changes, in six numbers. Managers and administrators.
 * GET    /api/programmes                         -> programmesSchema
 * PUT    /api/programmes/:cohort                 saveProgrammeSchema -> programmeSchema
 * GET    /api/programmes/figures?by=&name=       -> figuresSchema (by cohort, track or team; without both: everybody)
 * GET    /api/programmes/figures.csv?by=&name=   text/csv
 * GET    /api/imports                            -> importsSchema
 * POST   /api/imports/preview                    importRowsSchema -> importPreviewSchema (keeps nothing)
 * POST   /api/imports                            importRowsSchema -> importSchema (201; nothing is kept when a line is wrong)
 * DELETE /api/imports/:id                        -> 204 (its rows go with it)
 */
export const metricIdSchema = z.enum(['completion', 'passed', 'recovery', 'cost', 'change-failures', 'tickets']);
export type MetricId = z.infer<typeof metricIdSchema>;

/** Whom a track is for. */
export const TRACK_LABELS: Readonly<Record<Track, string>> = {
  administrator: 'System administrators',
  'platform-engineer': 'Platform engineers',
  'technical-lead': 'Technical leads',
};

const metricNumbersSchema = z.partialRecord(metricIdSchema, z.number().min(0).max(1_000_000));

export const programmeSchema = z.strictObject({
  cohort: z.strictObject({ id: idSchema, name: z.string(), members: z.int() }),
  /** Null until somebody says when it starts. */
  startsAt: instantSchema.nullable(),
  track: trackSchema.nullable(),
  /** Whose tickets and changes count, as the imports name it; null: nobody's. */
  team: z.string().nullable(),
  /** The labs it asks for, each by a day counted from the start. */
  curriculum: z.array(z.strictObject({ lab: z.string(), dueDay: z.int(), tracks: z.array(trackSchema).optional() })),
  /** What somebody knows from before; else what was measured in the thirty days before the start. */
  baselines: metricNumbersSchema,
  targets: metricNumbersSchema,
});
export type Programme = z.infer<typeof programmeSchema>;
export const programmesSchema = z.strictObject({ programmes: z.array(programmeSchema) });

export const saveProgrammeSchema = z.strictObject({
  startsAt: instantSchema,
  track: trackSchema.nullable(),
  team: nameSchema.nullable(),
  curriculum: z
    .array(
      z.strictObject({
        lab: z.string().min(1).max(60),
        dueDay: z.int().min(1).max(90),
        /** Of whom it is asked; absent: of everybody. */
        tracks: z.array(trackSchema).min(1).max(trackSchema.options.length).optional(),
      }),
    )
    .max(20)
    .refine((items) => new Set(items.map(({ lab }) => lab)).size === items.length, 'Each lab can be asked for once'),
  baselines: metricNumbersSchema,
  targets: metricNumbersSchema,
});
export type SaveProgramme = z.infer<typeof saveProgrammeSchema>;

/** A number, what it stands on, or why there is none. */
export const figureValueSchema = z.strictObject({
  value: z.number().nullable(),
  /** How many attempts, runs, changes or tickets it stands on. */
  of: z.int(),
  /** Why there is no value; null where there is one. */
  why: z.string().nullable(),
});
export type FigureValue = z.infer<typeof figureValueSchema>;

export const figureSchema = z.strictObject({
  metric: metricIdSchema,
  title: z.string(),
  /** What exactly it is, in a sentence or two. */
  definition: z.string(),
  unit: z.enum(['%', 'min', '$', 'a month']),
  better: z.enum(['up', 'down']),
  /** Where it comes from. */
  source: z.string(),
  baseline: figureValueSchema,
  /** Whether somebody entered the baseline. */
  baselineEntered: z.boolean(),
  target: z.number(),
  now: figureValueSchema,
  /** At the end of day 30, 60 and 90; null for days to come. */
  marks: z.array(z.strictObject({ day: z.int(), figure: figureValueSchema.nullable() })),
  /** Every week since thirty days before the start, for the chart. */
  trend: z.array(z.strictObject({ at: instantSchema, value: z.number().nullable() })),
});
export type Figure = z.infer<typeof figureSchema>;

export const groupingSchema = z.enum(['cohort', 'track', 'team']);
export type Grouping = z.infer<typeof groupingSchema>;

export const figuresQuerySchema = z
  .object({ by: groupingSchema.optional(), name: z.string().max(80).optional() })
  .refine(({ by, name }) => (by === undefined) === (name === undefined), 'Say both by what and which one, or neither');
export const figuresSchema = z.strictObject({
  /** Whom the figures are of. */
  of: z.string(),
  people: z.int(),
  /** The day of the programme, by the one that started last; null where none has started. */
  day: z.int().nullable(),
  figures: z.array(figureSchema),
  /** What can be chosen. */
  groups: z.array(z.strictObject({ by: groupingSchema, name: z.string(), label: z.string() })),
});
export type Figures = z.infer<typeof figuresSchema>;

/** `tickets`: internal support tickets. `changes`: what went to production, and whether it failed. */
export const importKindSchema = z.enum(['tickets', 'changes']);
export type ImportKind = z.infer<typeof importKindSchema>;

export const importRowsSchema = z.strictObject({
  kind: importKindSchema,
  /** Where they are from, such as the name of the ticket system: with a row's id it tells rows apart. */
  source: nameSchema,
  /** With a line of headings; what they must be, docs and errors say. */
  csv: z.string().min(1, 'The file is empty').max(90_000, 'At most 90 kB at once; send the rest as another file'),
});
export type ImportRows = z.infer<typeof importRowsSchema>;

export const importProblemSchema = z.strictObject({
  /** Counted from 1, the line of headings. */
  line: z.int(),
  message: z.string(),
  remedy: z.string(),
});
export type ImportProblem = z.infer<typeof importProblemSchema>;

export const importPreviewSchema = z.strictObject({
  rows: z.int(),
  /** Rows whose ids are known from this source already; they are passed over. */
  known: z.int(),
  /** At most the first fifty. */
  problems: z.array(importProblemSchema),
  problemCount: z.int(),
  /** The first rows as they were understood. */
  sample: z.array(z.strictObject({ id: z.string(), at: instantSchema, team: z.string().nullable(), failed: z.boolean().nullable() })),
});
export type ImportPreview = z.infer<typeof importPreviewSchema>;

export const importSchema = z.strictObject({
  id: idSchema,
  kind: importKindSchema,
  source: z.string(),
  rows: z.int(),
  known: z.int(),
  by: personRefSchema,
  at: instantSchema,
});
export type ImportView = z.infer<typeof importSchema>;
export const importsSchema = z.strictObject({ imports: z.array(importSchema) });
