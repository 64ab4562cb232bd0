import { z } from 'zod';

/** What a person may do. One role a person; an administrator may do all that an instructor and a manager may. */
export const roleSchema = z.enum(['trainee', 'instructor', 'manager', 'admin']);
export type Role = z.infer<typeof roleSchema>;

/** Ids are opaque to clients: a prefix that names the kind and 20 random characters. */
export const idSchema = z.string().regex(/^[a-z]{2,4}_[a-z0-9]{20}$/);
/** RFC 3339 in UTC. */
export const instantSchema = z.iso.datetime();

export const personRefSchema = z.strictObject({ id: idSchema, name: z.string() });
export type PersonRef = z.infer<typeof personRefSchema>;
