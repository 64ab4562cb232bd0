import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * More time for who needs it. The reason is shown to the person and to instructors, managers and administrators, and to nobody else.
 * GET  /api/extra-time                      -> extraTimesSchema (staff: everybody who has some)
 * GET  /api/extra-time/:person              -> extraTimeHistorySchema (one's own; staff: anybody's)
 * PUT  /api/extra-time/:person              setExtraTimeSchema -> extraTimeHistorySchema (staff, not for oneself)
 * POST /api/attempts/:id/extra-time         addExtraTimeSchema -> attemptSchema (staff; for an attempt that runs)
 */
const MAX_PERCENT = 300;
const MAX_MINUTES = 240;
export const percentSchema = z.int().min(0).max(MAX_PERCENT);
export const extraMinutesSchema = z.int().min(0).max(MAX_MINUTES);
const reasonSchema = z.string().trim().min(3, 'Say why in a few words').max(500);

/** Both count: 25 percent and 10 minutes make 40 minutes into 60. Nothing of both: no extra time from now on. */
export const setExtraTimeSchema = z.strictObject({ percent: percentSchema, minutes: extraMinutesSchema, reason: reasonSchema });
export type SetExtraTime = z.infer<typeof setExtraTimeSchema>;
export const addExtraTimeSchema = z.strictObject({ minutes: extraMinutesSchema.min(1), reason: reasonSchema });

const extraTimeEntrySchema = z.strictObject({
  percent: z.int(),
  minutes: z.int(),
  reason: z.string(),
  /** Null: for whatever they start from then on. Else for one attempt, once. */
  attemptId: idSchema.nullable(),
  by: personRefSchema,
  at: instantSchema,
});
export type ExtraTimeEntry = z.infer<typeof extraTimeEntrySchema>;

/** The newest first. `percent` and `minutes` are what holds now. */
export const extraTimeHistorySchema = z.strictObject({
  person: personRefSchema,
  percent: z.int(),
  minutes: z.int(),
  entries: z.array(extraTimeEntrySchema),
});
export type ExtraTimeHistory = z.infer<typeof extraTimeHistorySchema>;
export const extraTimesSchema = z.strictObject({ people: z.array(extraTimeHistorySchema) });
