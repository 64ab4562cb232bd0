import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * GET  /api/certificates/progress?person=      -> progressListSchema (own; staff: anyone's)
 * GET  /api/certificates                       -> registerSchema (staff)
 * POST /api/certificates                       issueSchema -> certificateSchema (staff, never to themselves; asked again: the one there is)
 * GET  /api/certificates/:id                   -> certificateSchema (own, staff)
 * POST /api/certificates/:id/renew             -> certificateSchema (staff)
 * POST /api/certificates/:id/revoke            revokeSchema -> certificateSchema (managers; never their own)
 * GET  /api/improvements                       -> { improvements: improvementSchema[] } (own; staff: all)
 * POST /api/improvements                       submitImprovementSchema -> improvementSchema (201)
 * PUT  /api/improvements/:id                   submitImprovementSchema -> improvementSchema (own, while it is not accepted)
 * POST /api/improvements/:id/decision          decideImprovementSchema -> improvementSchema (managers, never their own)
 * GET  /api/attempts/:id/appeals               -> appealStateSchema
 * POST /api/attempts/:id/appeals               appealSchema -> appealViewSchema (201; own, ended, one open at a time)
 * POST /api/appeals/:id/withdraw               -> appealViewSchema (own)
 * GET  /api/appeals                            -> { appeals: appealViewSchema[] } (staff; open ones first)
 * POST /api/appeals/:id/decision               decideAppealSchema -> appealViewSchema (staff, never their own attempt)
 * GET  /api/signing-keys                       -> { keys: signingKeySchema[] } (staff)
 * POST /api/signing-keys                       -> { keys: signingKeySchema[] } (administrators: a new key signs from now on)
 * Public, without an account:
 * GET  /api/public/badges/:id                  -> badgeReportSchema
 * POST /api/public/verify                      verifyBadgeSchema -> badgeReportSchema
 * GET  /api/public/badges/:id/credential       the badge as it was signed (application/vc+jwt)
 * GET  /api/public/keys/:id                    JWK
 * GET  /api/public/achievements/:id            Open Badges 3.0 Achievement
 * GET  /api/public/status/:list                BitstringStatusListCredential (application/vc+jwt)
 * GET  /.well-known/jwks.json, /.well-known/did.json
 */
export const definitionIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/)
  .max(60);

export const certificateStateSchema = z.enum(['valid', 'expired', 'revoked']);
export type CertificateState = z.infer<typeof certificateStateSchema>;

const evidenceLinkSchema = z.strictObject({
  kind: z.enum(['attempt', 'artefact', 'drill', 'improvement', 'certificate']),
  id: z.string(),
  title: z.string(),
  at: instantSchema,
});
export type EvidenceLink = z.infer<typeof evidenceLinkSchema>;

export const requirementViewSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  met: z.boolean(),
  why: z.string(),
  next: z.string().nullable(),
  evidence: z.array(evidenceLinkSchema),
});
export type RequirementView = z.infer<typeof requirementViewSchema>;

const renewalSchema = z.strictObject({
  opensAt: instantSchema,
  open: z.boolean(),
  /** In words that can be shown; null before the first reminder. */
  reminder: z.string().nullable(),
});

export const certificateSchema = z.strictObject({
  id: idSchema,
  definition: z.strictObject({ id: definitionIdSchema, title: z.string() }),
  person: personRefSchema,
  nameAsIssued: z.string(),
  state: certificateStateSchema,
  issuedAt: instantSchema,
  issuedBy: personRefSchema,
  validUntil: instantSchema.nullable(),
  renews: idSchema.nullable(),
  revoked: z.strictObject({ at: instantSchema, by: personRefSchema, reason: z.string() }).nullable(),
  renewal: renewalSchema.nullable(),
  evidence: z.array(evidenceLinkSchema),
  /** What it rests on and does not hold any more, a sentence each. */
  doubts: z.array(z.string()),
  /** Below the public address. */
  path: z.string(),
  jwt: z.string(),
  mayRevoke: z.boolean(),
});
export type Certificate = z.infer<typeof certificateSchema>;

export const progressSchema = z.strictObject({
  definition: z.strictObject({ id: definitionIdSchema, title: z.string(), summary: z.string(), validMonths: z.int().nullable() }),
  complete: z.boolean(),
  /** For a renewal when a certificate is held that may be renewed. */
  renewing: z.boolean(),
  requirements: z.array(requirementViewSchema),
  /** The newest that was issued. */
  certificate: certificateSchema.nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

export const progressListSchema = z.strictObject({ person: personRefSchema, certificates: z.array(progressSchema) });
export type ProgressList = z.infer<typeof progressListSchema>;

export const candidateSchema = z.strictObject({
  person: personRefSchema,
  definition: z.strictObject({ id: definitionIdSchema, title: z.string() }),
  met: z.int(),
  of: z.int(),
  complete: z.boolean(),
  /** The certificate that it would renew. */
  renews: idSchema.nullable(),
  /** Why whoever looks may not issue it; null when they may. */
  refusal: z.string().nullable(),
});
export type Candidate = z.infer<typeof candidateSchema>;

export const registerSchema = z.strictObject({
  candidates: z.array(candidateSchema),
  issued: z.array(certificateSchema),
  /** Whether PUBLIC_URL is set: badges carry the address for good. */
  addressIsLasting: z.boolean(),
  /** Definitions that do not load. */
  problems: z.array(z.string()),
});
export type Register = z.infer<typeof registerSchema>;

export const issueSchema = z.strictObject({ person: idSchema, definition: definitionIdSchema });
const reasonSchema = z.string().trim().min(10, 'At least 10 characters.').max(1000);
export const revokeSchema = z.strictObject({ reason: reasonSchema });

export const submitImprovementSchema = z.strictObject({
  title: z.string().trim().min(5, 'At least 5 characters.').max(120),
  what: z.string().trim().min(20, 'At least 20 characters.').max(4000),
  effect: z.string().trim().min(10, 'At least 10 characters.').max(2000),
  links: z
    .array(z.url({ protocol: /^https?$/, error: 'A link begins with https:// or http://.' }).max(500))
    .min(1, 'Give at least one link to where it can be seen.')
    .max(5),
});
export const improvementSchema = z.strictObject({
  id: idSchema,
  person: personRefSchema,
  title: z.string(),
  what: z.string(),
  effect: z.string(),
  links: z.array(z.string()),
  submittedAt: instantSchema,
  state: z.enum(['submitted', 'accepted', 'returned']),
  decided: z.strictObject({ at: instantSchema, by: personRefSchema, comment: z.string() }).nullable(),
  mayDecide: z.boolean(),
});
export type Improvement = z.infer<typeof improvementSchema>;
export const improvementsSchema = z.strictObject({ improvements: z.array(improvementSchema) });
export const decideImprovementSchema = z
  .strictObject({ accepted: z.boolean(), comment: z.string().trim().max(2000) })
  .refine(({ accepted, comment }) => accepted || comment.length >= 10, {
    path: ['comment'],
    error: 'Say what is missing, in 10 characters or more.',
  });

export const appealSchema = z.strictObject({ reason: z.string().trim().min(20, 'At least 20 characters.').max(4000) });
export const appealViewSchema = z.strictObject({
  id: idSchema,
  attemptId: idSchema,
  lab: z.string(),
  person: personRefSchema,
  reason: z.string(),
  madeAt: instantSchema,
  outcomeNow: z.string(),
  decision: z.enum(['upheld', 'regraded', 'withdrawn']).nullable(),
  outcome: z.enum(['passed', 'failed']).nullable(),
  answer: z.string().nullable(),
  decidedBy: personRefSchema.nullable(),
  decidedAt: instantSchema.nullable(),
  mayDecide: z.boolean(),
  /** The checks that were judged, for a regrade; empty for whoever may not decide. */
  checks: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      weight: z.number(),
      critical: z.boolean(),
      verdict: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});
export type AppealView = z.infer<typeof appealViewSchema>;
export const appealStateSchema = z.strictObject({ appeals: z.array(appealViewSchema), mayAppeal: z.boolean() });
export type AppealState = z.infer<typeof appealStateSchema>;

export const appealsSchema = z.strictObject({ appeals: z.array(appealViewSchema) });

export const checkCorrectionSchema = z.enum(['pass', 'fail', 'leave out']);
export type CheckCorrection = z.infer<typeof checkCorrectionSchema>;
/** `upheld`: the verdict stays. `regrade`: judged again from the kept evidence, with checks corrected; the outcome follows from the weights. */
export const decideAppealSchema = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('upheld'), answer: reasonSchema }),
  z.strictObject({
    decision: z.literal('regrade'),
    answer: reasonSchema,
    corrections: z
      .record(z.string().max(120), checkCorrectionSchema)
      .refine((corrections) => Object.keys(corrections).length > 0, 'Correct at least one check.'),
  }),
]);

export const signingKeySchema = z.strictObject({
  id: z.string(),
  createdAt: instantSchema,
  retiredAt: instantSchema.nullable(),
  badges: z.int(),
});
export type SigningKeyView = z.infer<typeof signingKeySchema>;
export const signingKeysSchema = z.strictObject({ keys: z.array(signingKeySchema) });

export const MAX_BADGE_CHARACTERS = 50_000;
export const verifyBadgeSchema = z.strictObject({
  jwt: z.string().trim().min(10, 'Paste the whole badge.').max(MAX_BADGE_CHARACTERS, 'This is too long for a badge.'),
});

export const badgeStepSchema = z.strictObject({ id: z.string(), title: z.string(), ok: z.boolean(), detail: z.string() });
export type BadgeStep = z.infer<typeof badgeStepSchema>;

/** What anybody may know: what the badge itself says, and whether it holds. */
export const badgeReportSchema = z.strictObject({
  verdict: z.enum(['valid', 'expired', 'revoked', 'not valid']),
  /** One sentence. */
  why: z.string(),
  steps: z.array(badgeStepSchema),
  badge: z
    .strictObject({
      id: z.string(),
      title: z.string(),
      summary: z.string(),
      criteria: z.string(),
      holder: z.string(),
      issuer: z.string(),
      issuerName: z.string(),
      issuedAt: instantSchema,
      validUntil: instantSchema.nullable(),
      evidence: z.array(z.strictObject({ name: z.string(), narrative: z.string() })),
    })
    .nullable(),
  revoked: z.strictObject({ at: instantSchema, reason: z.string() }).nullable(),
  jwt: z.string().nullable(),
});
export type BadgeReport = z.infer<typeof badgeReportSchema>;
