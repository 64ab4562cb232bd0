import { z } from 'zod';
import { callerRoleSchema, idSchema, instantSchema, roleSchema } from './roles.ts';

/**
 * GET    /api/session                 -> sessionSchema (also when signed out)
 * POST   /api/session                 signInSchema -> sessionSchema
 * DELETE /api/session                 -> 204
 * GET    /api/links/:token            -> linkPreviewSchema (does not use the link up)
 * POST   /api/links/:token            acceptLinkSchema -> sessionSchema; signs in and uses the link up
 * POST   /api/session/password        changePasswordSchema -> 204; ends the person's other sessions
 *
 * Every request that writes carries the session's `csrfToken` in the header `x-csrf-token`; before sign-in too (GET /api/session sets it up).
 */
export const emailSchema = z.email().max(254).toLowerCase();
export const passwordSchema = z.string().min(10, 'At least 10 characters').max(200);
export const nameSchema = z.string().trim().min(1, 'A name is needed').max(80);

export const meSchema = z.strictObject({ id: idSchema, name: z.string(), email: z.string(), role: callerRoleSchema });
export type Me = z.infer<typeof meSchema>;

export const sessionSchema = z.strictObject({
  me: meSchema.nullable(),
  csrfToken: z.string(),
  expiresAt: instantSchema.nullable(),
  /** Shown where sandboxes are no security boundary; null otherwise. */
  notice: z.string().nullable(),
  serverTime: instantSchema,
});
export type Session = z.infer<typeof sessionSchema>;

export const signInSchema = z.strictObject({ email: emailSchema, password: z.string().min(1).max(200) });

/** `set-password`: invitations, the first administrator, resets. `sign-in`: the demo's links, which need no password. */
export const linkPreviewSchema = z.strictObject({
  kind: z.enum(['set-password', 'sign-in']),
  email: z.string(),
  name: z.string().nullable(),
  role: roleSchema,
  expiresAt: instantSchema,
});
export type LinkPreview = z.infer<typeof linkPreviewSchema>;

export const acceptLinkSchema = z.strictObject({ name: nameSchema.optional(), password: passwordSchema.optional() });
export const changePasswordSchema = z.strictObject({ current: z.string().max(200), next: passwordSchema });
