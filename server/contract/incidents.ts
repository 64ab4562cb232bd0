import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * What is told to others while an incident lasts. Kept with the server's time, never edited; another one may correct it.
 * GET  /api/attempts/:id/status   -> statusUpdatesSchema (in the order in which they were written)
 * POST /api/attempts/:id/status   postStatusSchema -> statusUpdateSchema (201; ReadOnly without the right for its audience, AttemptNotRunning before the incident)
 */
export const statusKindSchema = z.enum(['first-notice', 'scope', 'update', 'resolved']);
export type StatusKind = z.infer<typeof statusKindSchema>;
export const statusAudienceSchema = z.enum(['users', 'internal']);
export type StatusAudience = z.infer<typeof statusAudienceSchema>;

const MAX_NEXT_MINUTES = 240;

export const postStatusSchema = z.strictObject({
  kind: statusKindSchema,
  audience: statusAudienceSchema,
  text: z.string().trim().min(1, 'Say something').max(2_000),
  /** What people cannot do, and what is done about it. */
  impact: z.string().trim().max(500),
  /** Who is affected and what still works. */
  scope: z.string().trim().max(500),
  /** When the next word comes, counted from now by the server. */
  nextInMinutes: z.int().min(1).max(MAX_NEXT_MINUTES).nullable(),
  /** The number of an earlier one that this one puts right. */
  corrects: z.int().min(1).nullable(),
});
export type PostStatus = z.infer<typeof postStatusSchema>;

export const statusUpdateSchema = z.strictObject({
  /** Counts from 1 within its attempt. */
  seq: z.int(),
  at: instantSchema,
  by: personRefSchema,
  kind: statusKindSchema,
  audience: statusAudienceSchema,
  text: z.string(),
  impact: z.string(),
  scope: z.string(),
  nextAt: instantSchema.nullable(),
  corrects: z.int().nullable(),
});
export type StatusUpdateView = z.infer<typeof statusUpdateSchema>;

export const statusUpdatesSchema = z.strictObject({ updates: z.array(statusUpdateSchema) });

/** `attempt:status`: all updates of the attempt, after a new one. */
export const attemptStatusSchema = z.strictObject({ attemptId: idSchema, updates: z.array(statusUpdateSchema) });
