import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';
import { emailSchema } from './session.ts';

/**
 * Whom an attempt belongs to. Alone one has the role `solo` and all rights. The first six play; the last four run or watch an exercise, and its outcome
 * does not count for them.
 * POST /api/attempts                     with `team` -> attemptSchema (InvalidRequest names each role that is missing or given twice)
 * GET  /api/team-mates                   -> teamMatesSchema (who shares a cohort with the caller)
 * POST /api/attempts/:id/hand-over       handOverSchema -> attemptSchema (the two swap roles)
 * POST /api/attempts/:id/leave           -> nothing (before the incident, or without ever having come)
 * POST /api/attempts/:id/team            namedMemberSchema -> attemptSchema (somebody for a role that is open)
 */
const playerRoleSchema = z.enum(['commander', 'deputy', 'scribe', 'expert', 'customer-liaison', 'internal-liaison']);
export const teamRoleSchema = z.enum(['solo', ...playerRoleSchema.options, 'facilitator', 'controller', 'evaluator', 'observer']);
export type TeamRole = z.infer<typeof teamRoleSchema>;

/**
 * `type`: in terminals and in previews; `work`: check now, open hints; `decide`: start the incident, extend, reset, skip, ask for the verdict, end;
 * `write`: artefacts; the two for status updates by their audience; `hand-over`: roles. Everybody in the team sees everything.
 */
export const attemptRightSchema = z.enum(['type', 'work', 'decide', 'write', 'status-users', 'status-internal', 'hand-over']);
export type AttemptRight = z.infer<typeof attemptRightSchema>;

export const teamMemberSchema = z.strictObject({
  person: personRefSchema,
  role: teamRoleSchema,
  rights: z.array(attemptRightSchema),
  /** Null until the person first opened the attempt's page; the outcome counts only for those who did. */
  joinedAt: instantSchema.nullable(),
});
export type TeamMember = z.infer<typeof teamMemberSchema>;

/** Of a lab that may be taken as a team: how many may have each role. */
export const labTeamRoleSchema = z.strictObject({ role: playerRoleSchema, min: z.int(), max: z.int() });
export type LabTeamRole = z.infer<typeof labTeamRoleSchema>;

const MAX_TEAM = 12;
export const namedMemberSchema = z
  .strictObject({ email: emailSchema.optional(), personId: idSchema.optional(), role: playerRoleSchema })
  .refine(({ email, personId }) => (email === undefined) !== (personId === undefined), 'Name the person by an address or as a team mate');
export type NamedMember = z.infer<typeof namedMemberSchema>;

/** The caller's own role, and the others by the address of their account or as a team mate. */
export const startTeamSchema = z.strictObject({
  role: playerRoleSchema,
  members: z
    .array(namedMemberSchema)
    .min(1)
    .max(MAX_TEAM - 1),
});
export type StartTeam = z.infer<typeof startTeamSchema>;

export const teamMatesSchema = z.strictObject({ people: z.array(personRefSchema) });
export const handOverSchema = z.strictObject({ from: idSchema, to: idSchema });

/** Who has the attempt's page open. `role` is null for those who watch from outside the team. */
export const presentSchema = z.strictObject({ person: personRefSchema, role: teamRoleSchema.nullable() });
export type Present = z.infer<typeof presentSchema>;
