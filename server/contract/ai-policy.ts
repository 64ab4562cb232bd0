import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * Whether AI assistants may help in an attempt. A lab names a default; a cohort may set another, for all labs or for one; an interview has its own. What
 * holds is frozen when the attempt starts.
 * POST /api/attempts/:id/ai/acknowledge           acknowledgeAiSchema -> attemptSchema (who plays says that they have read it)
 * PUT  /api/attempts/:id/ai/declaration           declareAiSchema -> attemptSchema (what was used; Conflict once there is one)
 * GET  /api/cohorts/:id/ai-policy                 -> aiRulesSchema (instructors, managers)
 * PUT  /api/cohorts/:id/ai-policy                 aiRulesSchema -> aiRulesSchema
 */
export const aiPolicySchema = z.enum(['none', 'allowed', 'required']);
export type AiPolicy = z.infer<typeof aiPolicySchema>;

/** `tools` is empty for none. `what`: what it was used for, in the person's words. */
export const declareAiSchema = z
  .strictObject({
    tools: z.array(z.string().trim().min(1).max(60)).max(10),
    what: z.string().trim().max(1000),
  })
  .refine(({ tools, what }) => tools.length === 0 || what.length >= 10, {
    path: ['what'],
    message: 'Say in at least 10 characters what it was used for',
  });
export type DeclareAi = z.infer<typeof declareAiSchema>;

export const acknowledgeAiSchema = z.strictObject({ policy: aiPolicySchema });

export const aiDeclarationSchema = z.strictObject({
  by: personRefSchema,
  at: instantSchema,
  tools: z.array(z.string()),
  what: z.string(),
});
export type AiDeclarationView = z.infer<typeof aiDeclarationSchema>;

export const attemptAiSchema = z.strictObject({
  policy: aiPolicySchema,
  /** Who has said that they have read it. */
  acknowledgedBy: z.array(idSchema),
  declaration: aiDeclarationSchema.nullable(),
});
export type AttemptAiView = z.infer<typeof attemptAiSchema>;

const MAX_RULES = 100;
/** `lab` null: for every lab that has no rule of its own. */
export const aiRulesSchema = z.strictObject({
  rules: z
    .array(z.strictObject({ lab: z.string().min(1).max(60).nullable(), policy: aiPolicySchema }))
    .max(MAX_RULES)
    .refine((rules) => new Set(rules.map(({ lab }) => lab)).size === rules.length, 'Name each lab once'),
});
export type AiRules = z.infer<typeof aiRulesSchema>;
