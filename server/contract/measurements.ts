import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * What the workloads of an attempt cost, take and are worth, as often as it was measured. Who may work in the attempt measures; instructors and
 * managers read.
 * GET  /api/attempts/:id/measurements       -> measurementsSchema (no workloads: the lab measures nothing)
 * POST /api/attempts/:id/measurements       startMeasurementSchema -> 202 measurementRunSchema (Conflict: one is under way, or all were used up)
 * GET  /api/attempts/:id/measurements.csv   text/csv, a line a run and workload
 */
export const startMeasurementSchema = z.strictObject({
  /** What was changed since the last one; a number is given where it is empty. */
  label: z.string().trim().max(60).default(''),
});

const share = z.number().min(0).max(1);

/** What is aimed at; what is absent is not looked at. */
export const workloadAimsSchema = z.strictObject({
  failedShareAtMost: share.optional(),
  p95MsAtMost: z.number().optional(),
  firstTokenP95MsAtMost: z.number().optional(),
  usdPerThousandRequestsAtMost: z.number().optional(),
  qualityAtLeast: share.optional(),
  cachedShareAtLeast: share.optional(),
  leakedAtMost: z.number().optional(),
});
export type WorkloadAims = z.infer<typeof workloadAimsSchema>;

const percentilesSchema = z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() });

export const measuredFiguresSchema = z.strictObject({
  requests: z.int(),
  answered: z.int(),
  /** By the kind of failure. */
  failures: z.record(z.string(), z.int()),
  /** Null: some answer came from a model without a price, or there was none. */
  usdPerThousandRequests: z.number().nullable(),
  /** From the time that a request should have been sent at to its whole answer. */
  endToEndMs: percentilesSchema.nullable(),
  /** Of answers that were streamed. */
  firstTokenMs: percentilesSchema.nullable(),
  cacheHits: z.int(),
  quality: share.nullable(),
});
export type MeasuredFigures = z.infer<typeof measuredFiguresSchema>;

const workloadFields = { id: z.string(), title: z.string(), aims: workloadAimsSchema };
export const measurementWorkloadSchema = z.strictObject(workloadFields);
export type MeasurementWorkload = z.infer<typeof measurementWorkloadSchema>;

export const measurementRunSchema = z.strictObject({
  /** From 1, in the order of their beginning. */
  number: z.int(),
  label: z.string(),
  by: personRefSchema,
  startedAt: instantSchema,
  finishedAt: instantSchema.nullable(),
  state: z.enum(['running', 'done', 'failed']),
  /** Why it failed, and what to do. */
  reason: z.string().nullable(),
  workloads: z.array(z.strictObject({ ...workloadFields, figures: measuredFiguresSchema.nullable(), remark: z.string().nullable() })),
});
export type MeasurementRun = z.infer<typeof measurementRunSchema>;

export const measurementsSchema = z.strictObject({
  attempt: z.strictObject({ id: idSchema, title: z.string(), person: personRefSchema, ended: z.boolean() }),
  workloads: z.array(measurementWorkloadSchema),
  /** The oldest first. */
  runs: z.array(measurementRunSchema),
  /** May measure, by what the person is in the attempt; whether it can be done now is said when it is tried. */
  mayMeasure: z.boolean(),
  left: z.int(),
});
export type Measurements = z.infer<typeof measurementsSchema>;
