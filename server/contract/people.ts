import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema, roleSchema } from './roles.ts';
import { emailSchema, nameSchema } from './session.ts';

/**
 * Administrator:
 * GET   /api/people                    -> { people: personSchema[] }
 * POST  /api/people                    invitePersonSchema -> invitationSchema (201)
 * PATCH /api/people/:id                updatePersonSchema -> personSchema
 * POST  /api/people/:id/link           -> invitationSchema (a new set-password link; older ones end)
 * GET   /api/sandboxes                 -> { sandboxes: sandboxSchema[], substrate: substrateSchema }
 * DELETE /api/sandboxes/:id            -> 204 (ends the attempt as abandoned)
 * GET   /api/audit?before&limit&person&action -> { entries: auditEntrySchema[], nextBefore: number | null }
 * Administrator and instructor:
 * GET   /api/cohorts                   -> { cohorts: cohortSchema[] }   (managers too)
 * POST  /api/cohorts                   createCohortSchema -> cohortSchema (201)
 * PUT   /api/cohorts/:id/members       setMembersSchema -> cohortSchema
 */
export const personSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  email: z.string(),
  role: roleSchema,
  state: z.enum(['invited', 'active', 'disabled']),
  cohorts: z.array(z.strictObject({ id: idSchema, name: z.string() })),
  createdAt: instantSchema,
  lastSeenAt: instantSchema.nullable(),
});
export const peopleSchema = z.strictObject({ people: z.array(personSchema) });
export type Person = z.infer<typeof personSchema>;

export const invitePersonSchema = z.strictObject({ email: emailSchema, name: nameSchema, role: roleSchema, cohortId: idSchema.optional() });
export const updatePersonSchema = z.strictObject({
  name: nameSchema.optional(),
  role: roleSchema.optional(),
  disabled: z.boolean().optional(),
});

/** The link is shown once; only its hash is kept. */
export const invitationSchema = z.strictObject({ person: personSchema, link: z.url(), expiresAt: instantSchema });
export type Invitation = z.infer<typeof invitationSchema>;

export const cohortSchema = z.strictObject({ id: idSchema, name: z.string(), members: z.array(personRefSchema), createdAt: instantSchema });
export const cohortsSchema = z.strictObject({ cohorts: z.array(cohortSchema) });
export type Cohort = z.infer<typeof cohortSchema>;
export const createCohortSchema = z.strictObject({ name: nameSchema });
export const setMembersSchema = z.strictObject({ personIds: z.array(idSchema).max(1000) });

export const sandboxSchema = z.strictObject({
  id: idSchema,
  attemptId: idSchema.nullable(),
  person: personRefSchema.nullable(),
  lab: z.string().nullable(),
  state: z.enum(['provisioning', 'in use', 'releasing', 'lost']),
  pods: z.int().nullable(),
  memoryBytes: z.number().nullable(),
  createdAt: instantSchema,
  leaseEndsAt: instantSchema.nullable(),
});
export type SandboxView = z.infer<typeof sandboxSchema>;

export const substrateSchema = z.strictObject({
  name: z.string(),
  isolation: z.string(),
  isBoundary: z.boolean(),
  healthy: z.boolean(),
  reason: z.string().nullable(),
  capacity: z.int(),
  inUse: z.int(),
});
export const sandboxesSchema = z.strictObject({ sandboxes: z.array(sandboxSchema), substrate: substrateSchema });
export type SubstrateView = z.infer<typeof substrateSchema>;

export const auditEntrySchema = z.strictObject({
  seq: z.int(),
  at: instantSchema,
  actor: personRefSchema.nullable(),
  /** e.g. `session.created`, `attempt.fault-injected`, `grade.overridden`. */
  action: z.string(),
  subject: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  address: z.string().nullable(),
});
/** `nextBefore`: what to ask for next; null at the end. */
export const auditPageSchema = z.strictObject({ entries: z.array(auditEntrySchema), nextBefore: z.int().nullable() });
export type AuditEntry = z.infer<typeof auditEntrySchema>;
