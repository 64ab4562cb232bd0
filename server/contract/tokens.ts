import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';
import { nameSchema } from './session.ts';

/**
 * Keys for programs. A token acts as the person who made it, with that person's role of the moment, and only within its scopes; it is sent as
 * `Authorization: Bearer …`. Tokens are made, listed and revoked in a session only, never by a token.
 * GET    /api/tokens      -> tokensSchema (the caller's own; administrators: everybody's)
 * POST   /api/tokens      createTokenSchema -> newTokenSchema (201; the secret is shown this once)
 * DELETE /api/tokens/:id  -> 204 (own; administrators: anybody's)
 */

/** The first part of a path under /api. Each has the scopes `read` (GET) and `write` (everything else). */
export const tokenAreas = [
  'labs',
  'attempts',
  'recordings',
  'team-mates',
  'drills',
  'drill-scripts',
  'drill-people',
  'roster',
  'messages',
  'grades',
  'certificates',
  'improvements',
  'appeals',
  'people',
  'cohorts',
  'sandboxes',
  'audit',
  'programmes',
  'readiness',
  'curriculum',
  'mentoring',
  'reminders',
  'imports',
  'extra-time',
  'interviews',
  'insight',
  'metrics',
] as const;
export type TokenArea = (typeof tokenAreas)[number];

export const tokenScopeSchema = z.templateLiteral([z.enum(tokenAreas), ':', z.enum(['read', 'write'])]);
export type TokenScope = z.infer<typeof tokenScopeSchema>;

export const MAX_TOKENS = 20;
export const MAX_TOKEN_DAYS = 365;

export const tokenSchema = z.strictObject({
  id: idSchema,
  person: personRefSchema,
  name: z.string(),
  /** Its first characters, to tell tokens apart. */
  prefix: z.string(),
  scopes: z.array(tokenScopeSchema),
  createdAt: instantSchema,
  expiresAt: instantSchema,
  lastUsedAt: instantSchema.nullable(),
});
export type TokenView = z.infer<typeof tokenSchema>;
export const tokensSchema = z.strictObject({ tokens: z.array(tokenSchema) });

export const createTokenSchema = z.strictObject({
  name: nameSchema,
  scopes: z
    .array(tokenScopeSchema)
    .min(1, 'Choose at least one thing that it may do')
    .max(tokenAreas.length * 2),
  expiresInDays: z.int().min(1).max(MAX_TOKEN_DAYS),
});
export const newTokenSchema = z.strictObject({ token: tokenSchema, secret: z.string() });
export type NewTokenView = z.infer<typeof newTokenSchema>;
