import { z } from 'zod';

/** What a person with an account may do. One role a person; an administrator may do all that an instructor and a manager may. */
export const roleSchema = z.enum(['trainee', 'instructor', 'manager', 'admin']);
export type AccountRole = z.infer<typeof roleSchema>;
/** Whoever may call: `candidate` has no account, came by the link of an interview, and reaches its one attempt only. */
export const callerRoleSchema = z.enum([...roleSchema.options, 'candidate']);
export type Role = z.infer<typeof callerRoleSchema>;

/** Ids are opaque to clients: a prefix that names the kind and 20 random characters. */
export const idSchema = z.string().regex(/^[a-z]{2,4}_[a-z0-9]{20}$/);
/** RFC 3339 in UTC. */
export const instantSchema = z.iso.datetime();

export const personRefSchema = z.strictObject({ id: idSchema, name: z.string() });
export type PersonRef = z.infer<typeof personRefSchema>;
