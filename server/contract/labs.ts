import { z } from 'zod';
import { aiPolicySchema } from './ai-policy.ts';
import { labTeamRoleSchema } from './teams.ts';

/**
 * GET /api/labs        -> catalogueSchema
 * `problems` is empty for trainees.
 */
export const attemptModeSchema = z.enum(['guided', 'incident']);

export const trackSchema = z.enum(['administrator', 'platform-engineer', 'technical-lead']);
export type Track = z.infer<typeof trackSchema>;

export const labSchema = z.strictObject({
  slug: z.string(),
  version: z.string(),
  title: z.string(),
  summary: z.string(),
  level: z.enum(['foundation', 'intermediate', 'advanced']),
  minutes: z.int(),
  incidentMinutes: z.int(),
  tracks: z.array(trackSchema),
  objectives: z.array(z.string()),
  steps: z.array(z.strictObject({ id: z.string(), title: z.string(), phase: z.enum(['build', 'incident']) })),
  /** For staff, who make interviews of them; empty for trainees. */
  faults: z.array(z.strictObject({ id: z.string(), title: z.string() })),
  passMark: z.int(),
  /** What holds for the caller about AI assistants. */
  aiPolicy: aiPolicySchema,
  /** The roles of a team that may take it together; empty: only alone. */
  team: z.array(labTeamRoleSchema),
  /** The caller's own, alone or in a team: the attempt that runs, and the best that ended. */
  mine: z.strictObject({
    runningAttemptId: z.string().nullable(),
    attempts: z.int(),
    bestScore: z.int().nullable(),
    passed: z.boolean(),
  }),
});
export type LabView = z.infer<typeof labSchema>;

export const labProblemSchema = z.strictObject({
  file: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
  path: z.string().optional(),
  message: z.string(),
  remedy: z.string(),
});

export const catalogueSchema = z.strictObject({ labs: z.array(labSchema), problems: z.array(labProblemSchema) });
export type Catalogue = z.infer<typeof catalogueSchema>;
