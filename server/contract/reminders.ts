import { z } from 'zod';
import { instantSchema } from './roles.ts';

/**
 * What a person should not miss, worked out anew from what is so each time it is asked for; only what was dismissed is kept.
 * GET  /api/reminders            -> remindersSchema (the caller's own, the most pressing first)
 * POST /api/reminders/dismissed  dismissReminderSchema -> remindersSchema
 */
export const reminderKindSchema = z.enum(['overdue', 'returned', 'drill', 'due-soon', 'certificate', 'review']);
export type ReminderKind = z.infer<typeof reminderKindSchema>;

const reminderIdSchema = z
  .string()
  .regex(/^[a-z][\w:.-]*$/)
  .max(200);

export const reminderSchema = z.strictObject({
  /** The same as long as the same thing is so; another one when it happens again. */
  id: reminderIdSchema,
  kind: reminderKindSchema,
  title: z.string(),
  text: z.string(),
  /** When it is due, begins or expires; when it was returned or handed in. */
  at: instantSchema,
  /** The page to go to. */
  path: z.string(),
});
export type Reminder = z.infer<typeof reminderSchema>;
export const remindersSchema = z.strictObject({ reminders: z.array(reminderSchema) });
export const dismissReminderSchema = z.strictObject({ id: reminderIdSchema });
